"""The phone set of the recogniser: ARPAbet without stress, as in CMUdict, and how the synthesisers' phones map onto it."""

BLANK = "<blk>"
PHONES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
).split()
TOKENS = [BLANK, *PHONES]
INDEX = {token: index for index, token in enumerate(TOKENS)}

# espeak-ng mnemonics (English voices) with more than one phone, or none, or a name of their own
_ESPEAK = {
    "aI": "AY", "eI": "EY", "oU": "OW", "aU": "AW", "OI": "OY", "3:": "ER", "3": "ER", "@": "AH", "@2": "AH", "a#": "AH",
    "V": "AH", "I": "IH", "I2": "IH", "I#": "IH", "i": "IY", "i:": "IY", "u:": "UW", "u": "UW", "U": "UH", "A:": "AA",
    "0": "AA", "A": "AA", "O:": "AO", "O2": "AO", "O": "AO", "E": "EH", "E2": "EH", "e": "EH", "a": "AE", "aa": "AE",
    "A@": "AA R", "O@": "AO R", "o@": "AO R", "e@": "EH R", "U@": "UH R", "i@": "IH R", "i@3": "IH R", "aI@": "AY AH",
    "aI3": "AY ER", "aU@": "AW ER", "@L": "AH L", "@5": "L", "VR": "ER", "IR": "ER", "aI2": "AY", "oU#": "OW", "@-": "AH",
    "p": "P", "b": "B", "t": "T", "t#": "T", "t2": "T", "?": "T", "d": "D", "k": "K", "g": "G", "f": "F", "v": "V",
    "T": "TH", "t[": "TH", "D": "DH", "s": "S", "z": "Z", "S": "SH", "Z": "ZH", "h": "HH", "tS": "CH", "dZ": "JH", "m": "M",
    "n": "N", "n-": "N", "N": "NG", "l": "L", "l#": "L", "r": "R", "r-": "R", "w": "W", "w#": "W", "j": "Y", "x": "K",
}


def from_espeak(mnemonic):
    """Phones of an espeak-ng mnemonic; an empty list stands for silence, None for a modifier of the phone before."""
    if mnemonic.startswith("_"):
        return []
    if mnemonic in _ESPEAK:
        return _ESPEAK[mnemonic].split()
    stripped = mnemonic.rstrip("#-;:23")
    return _ESPEAK[stripped].split() if stripped in _ESPEAK else None


def from_flite(name):
    """Phones of a flite phone name; an empty list stands for silence."""
    if name == "pau":
        return []
    return ["AH" if name == "ax" else name.upper()]


def read_dictionary(path):
    """CMUdict as {word: [[phone, ...], ...]}, in its order, stress dropped, doubles merged."""
    entries = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(";;;") or not line.strip():
                continue
            fields = line.split("#")[0].split()
            word = fields[0].split("(")[0].lower()
            phones = [field.rstrip("012") for field in fields[1:]]
            known = entries.setdefault(word, [])
            if phones not in known and all(phone in INDEX for phone in phones):
                known.append(phones)
    return entries
