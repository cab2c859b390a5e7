"""Irregular forms of English verbs, which no stemmer brings together: "did it fall?" is asked, "it fell" is written.

Left out are forms that are words of their own more often than not ("left", "lay", "saw", "bound"), and those of verbs
that are stop words.
"""

from __future__ import annotations

# The verb, then its other forms. Regular ones ("falls", "falling") are the stemmer's business.
_VERBS = """
arise arose arisen|awake awoke awoken|bear bore borne|beat beaten|become became|befall befell befallen|begin began begun
bend bent|bid bade bidden|bite bit bitten|blow blew blown|break broke broken|breed bred|bring brought
build built|burn burnt|buy bought|catch caught|choose chose chosen|cling clung|come came|creep crept|deal dealt
dig dug|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt
fight fought|find found|flee fled|fly flew flown|forbid forbade forbidden|foresee foresaw foreseen
forget forgot forgotten|forgive forgave forgiven|forgo forwent forgone|freeze froze frozen|get got gotten
give gave given|go went gone|grow grew grown|hear heard|hide hid hidden|hold held|keep kept|know knew known|lead led
lend lent|lose lost|make made|mean meant|meet met|mislead misled|mistake mistook mistaken|overcome overcame
overrun overran|oversee oversaw overseen|overtake overtook overtaken|overthrow overthrew overthrown|pay paid
prove proven|rebuild rebuilt|ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see seen|seek sought
sell sold|send sent|shake shook shaken|shine shone|shoot shot|show shown|shrink shrank shrunk|sing sang sung
sink sank sunk|sit sat|sleep slept|slide slid|speak spoke spoken|spend spent|spin spun|spring sprang sprung|stand stood
steal stole stolen|stick stuck|strike struck stricken|strive strove striven|swear swore sworn|sweep swept|swell swollen
swim swam swum|swing swung|take took taken|teach taught|tear tore torn|tell told|think thought|throw threw thrown
undergo underwent undergone|understand understood|undertake undertook undertaken|undo undid undone
uphold upheld|wear wore worn|weave wove woven|win won|withdraw withdrew withdrawn|withhold withheld|withstand withstood
write wrote written
"""
_VERB_OF = {
    form: verb
    for verb, *forms in (line.split() for line in _VERBS.replace("\n", "|").split("|") if line)
    for form in forms
}


def irregular_forms(language: str) -> dict[str, str]:
    """Give the verbs of a language, folded, by their irregular forms; English ones alone are known."""
    return _VERB_OF if language == "en" else {}


def regular(word: str, language: str) -> str:
    """Return the verb that a folded word is an irregular form of; others as they are."""
    return irregular_forms(language).get(word, word)
