"""What the acoustic model reads: ARPAbet phones with stress, punctuation, silence; and the dictionary they come from.

Words' phones stand one after another without separators. A sentence is `pau`, the phones with punctuation between words,
and `~`. Punctuation is spoken as a pause; `pau` is a pause without a tone of its own.
"""

PAD, END, SILENCE = "_", "~", "pau"
PUNCTUATION = [",", ".", "?", "!"]
VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split()
CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()
SYMBOLS = [PAD, END, SILENCE, *PUNCTUATION, *CONSONANTS, *[vowel + stress for vowel in VOWELS for stress in "012"]]
INDEX = {symbol: index for index, symbol in enumerate(SYMBOLS)}


def read_dictionary(path):
    """CMUdict as {word: [[phone, ...], ...]} in its order, stress kept."""
    entries = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            fields = line.split("#")[0].split()
            if not fields or line.startswith(";;;"):
                continue
            phones = fields[1:]
            if all(phone in INDEX for phone in phones):
                entries.setdefault(fields[0].split("(")[0].lower(), []).append(phones)
    return entries


def bare(phone):
    return phone.rstrip("012")


def with_stress(spoken, wanted):
    """Puts the dictionary's stress on phones as they were spoken.

    `spoken`: bare phones, `AX` for flite's schwa; `wanted`: the dictionary's phones with stress. The two are aligned at the
    lowest edit cost; a schwa is always AH0, a vowel that the dictionary has otherwise takes its neighbour's stress.
    """
    rows, columns = len(wanted) + 1, len(spoken) + 1

    def cost_of(phone, other):
        other_vowel, vowel = other[-1].isdigit(), phone in VOWELS or phone == "AX"
        if bare(other) == phone or (phone == "AX" and other == "AH0"):
            return 0
        return 0.6 if vowel and other_vowel else 1.0 if vowel == other_vowel else 1.8

    cost = [[i + j for j in range(columns)] for i in range(rows)]
    step = [[1 if j == 0 else 2 for j in range(columns)] for _ in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            choices = (cost[i - 1][j - 1] + cost_of(spoken[j - 1], wanted[i - 1]), cost[i - 1][j] + 1, cost[i][j - 1] + 1)
            cost[i][j] = min(choices)
            step[i][j] = choices.index(cost[i][j])
    partner = [None] * len(spoken)
    i, j = rows - 1, columns - 1
    while i or j:
        move = step[i][j]
        i, j = i - (move != 2), j - (move != 1)
        if move == 0:
            partner[j] = wanted[i]
    result = []
    for phone, other in zip(spoken, partner):
        if phone == "AX":
            result.append("AH0")
        elif phone in VOWELS:
            result.append(phone + (other[-1] if other and other[-1].isdigit() else "0"))
        else:
            result.append(phone)
    return result, cost[-1][-1]
