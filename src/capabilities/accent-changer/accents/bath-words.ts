/** Words with the BATH vowel (J. C. Wells, Accents of English, 1982, section 2.2.7), the common ones. */
export const bathWords: ReadonlySet<string> = new Set(
  (
    'after afternoon afterwards answer ask asked asking asks aunt basket bath bathroom blast branch brass broadcast calf ' +
    "can't cast castle chance chancellor chant class classes clasp command craft dance danced dancer dancing daft demand disaster " +
    'draft enhance example fast faster fasten flask france giraffe glance glass glasses glassy graft grant granted ' +
    'graph grasp grass half halves last lasted lasting lasts laugh laughed laughing laughter mask mast master masters nasty ' +
    "pass passed passes passing past path paths pastor plant planted plants plaster raft rascal rather sample shaft shan't slander " +
    'slant staff task tasks vast advance advantage advanced calves casket castles photograph telegraph'
  ).split(' '),
)
