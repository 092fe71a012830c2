"""Finds noun phrases of one to three words in what people write, in five languages, without a tagger.

A word is taken for a noun where, in these texts, it stands more often behind an article, a possessive or a preposition
than behind a pronoun, a modal or "to"; a phrase is a run of such words, and what reads as a verb or an adverb by its
ending neither begins nor ends one. Pure.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nlp.text.lexical import FUNCTION_WORDS, fold, words

TOKEN = re.compile(r"https?://\S+|(?:\w[\w.+#'’-]*\w[+#]*|\w)|[^\w\s]")  # noqa: RUF001 - what phones type
WORD = re.compile(r"\w[\w.+#-]*")
LINK = re.compile(r"https?:|www\.|\w+@|.*/")
LONGEST = 3  # words
JOINED = 2  # words before and after what joins two phrases
SHORTEST = 3  # letters of a word without a digit or a capital
INTRODUCING = frozenset(
    words(
        "the a an my your his her our their this that these those some any no of for with in on at from about into"
        " o os a as um uma meu minha seu sua nosso nossa este esta esse essa do da dos das no na nos nas de com"
        " para sobre el la los las un una mi su nuestro nuestra del al con por der die das den dem des ein eine"
        " einen einem einer mein dein sein unser ihr im am zum zur vom mit von fur auf le les une mon ma mes son sa"
        " ses notre votre leur du au aux avec pour sur dans"
    )
)
FOLLOWED_BY_VERBS = frozenset(
    words(
        "to i you he she it we they who can could will would should may might must do does did don didn doesn not"
        " please lets let eu ele ela nos eles elas yo tu el ella nosotros ellos ich du er sie wir ihr je il elle"
        " nous vous ils nao se que and just also never always still already then"
    )
)
NO_NOUNS = frozenset(
    words(
        "get got getting want wants wanted need needs needed know knows knew try tries tried trying use uses used"
        " using install installs installed installing run runs running ran work works worked working go goes going"
        " went come make makes made making see sees saw look looks looked looking think thinks thought say says"
        " said tell tells told ask asks asked give gives gave take takes took put puts keep keeps find finds found"
        " help helps let set sets add adds added change changed show shows showed start starts started stop stops"
        " stopped open opens type types typed seem seems seemed mean means happen happens happened like likes thank"
        " thanks please sorry hello hi hey yes yeah no nope ok okay sure maybe well right really very much many"
        " more most less little lot lots bit good great nice fine better best bad worse new old same other another"
        " such own able sure anyone someone anybody somebody everyone nobody anything something everything nothing"
        " thing things way ways one two three first last next now today tomorrow yesterday tonight here there"
        " everywhere again still already yet ever never always sometimes often soon later just only also even too"
        " quite almost back away off out up down however though although because since while until unless instead"
        " else wrong true false exactly actually basically probably guys guy dude folks people man lol haha hmm oh"
        " ah im ive dont doesnt didnt cant wont isnt whats thats its ill youre gonna wanna gotta kinda sort kind"
        " cannot could would should might must shall may got lets able trying problem question idea ideas reason"
        " point place time times day days week weeks issue stuff edit edited save saved click remove removed boot"
        " booted reboot rebooted download downloaded upgrade upgraded update updated fazer quero preciso hacer"
        " quiero machen will muss faire veux hoje amanha ontem hoy manana heute morgen gestern decision decided"
        " decide agreed action fix fixed cause root god gosh uh um uhh umm mm mmm huh yep different similar whole"
        " heh hehe wait hell darn stupid silly heya yay wow hug cool pretty hard whether ones close happy wonderful"
    )
)
ENDINGS = re.compile(r"(?:ing|ly|ed|n't|'s|'re|'ve|'ll|mente)$|(?<=\w\w\w\w)(?:tive|sive|able|ible|ous|ful|less|ical)$")
NOUN_ENDINGS = re.compile(
    r"(?<=\w\w\w)(?:tion|sion|ment|ness|ity|ance|ence|ship|ware|cao|coes|dade|cion|dad|ung|heit|keit|schaft)s?$"
)
JOINING = frozenset(
    words("of for with in on from between to de da do para com em del con en von fur mit pour avec dans")
)
ARTICLES = frozenset(words("the a an my your our its o um uma el la los las un una der die das den dem ein le les une"))


@dataclass(frozen=True, slots=True)
class Nouns:
    """Counts of how often each folded word stands where nouns do, and where verbs do."""

    nouns: Counter[str]
    verbs: Counter[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Nouns":
        """Return the counts over these texts."""
        nouns, verbs = Counter[str](), Counter[str]()
        for text in texts:
            before, introduced = "", False
            for token in map(fold, TOKEN.findall(text)):
                if before in INTRODUCING or (introduced and before not in STOPPED):
                    nouns[token] += 1
                elif before in FOLLOWED_BY_VERBS:
                    verbs[token] += 1
                before, introduced = token, before in INTRODUCING
        return cls(nouns, verbs)

    def is_noun(self, token: str) -> bool:
        """Return whether the token, as written, reads as a noun or a name."""
        folded = fold(token)
        if not WORD.fullmatch(token) or LINK.match(token) or folded in NO_NOUNS or folded in STOPPED:
            return False
        if token.isdigit() or (len(token) < SHORTEST and token.islower()):
            return False
        named = any(map(str.isdigit, token)) or any(map(str.isupper, token[1:]))
        return (
            named
            or NOUN_ENDINGS.search(folded) is not None
            or (not ENDINGS.search(folded) and self.nouns[folded] > self.verbs[folded])
        )


STOPPED = frozenset().union(*FUNCTION_WORDS.values())


def noun_phrases(text: str, nouns: Nouns) -> Iterator[str]:
    """Yield the phrases of a text, as written: every run of nouns of at most three words, and its ends."""
    run: list[str] = []
    for token in [*TOKEN.findall(text), "."]:
        if nouns.is_noun(token):
            run.append(token)
            continue
        yield from _within(run)
        run = []


def _within(run: Sequence[str]) -> Iterator[str]:
    """Yield the last words of a run, one to three of them: the head of a noun phrase ends it in English."""
    for length in range(1, min(len(run), LONGEST) + 1):
        yield " ".join(run[-length:])


def joined_phrases(text: str, nouns: Nouns) -> Iterator[str]:
    """Yield what a preposition joins, as written: "support for the Atheros card", "the plural of Ubuntu"."""
    runs = list(_runs(TOKEN.findall(text), nouns))
    for (left, middle), (right, after) in pairwise(runs):
        if after and len(after[0]) < SHORTEST and after[0].isalpha() and fold(after[0]) not in STOPPED:
            continue  # "the live cd" would lose its end
        joining = [fold(token) for token in middle]
        if joining[:1] and joining[0] in JOINING and set(joining[1:]) <= ARTICLES and left and right:
            yield " ".join([*left[-JOINED:], *middle, *right[-JOINED:]])


def _runs(tokens: Sequence[str], nouns: Nouns) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the runs of nouns, each with what stands between it and the next one."""
    run, between = list[str](), list[str]()
    for token in tokens:
        if not nouns.is_noun(token):
            between.append(token)
            continue
        if between:
            yield run, between
            run, between = [], []
        run.append(token)
    yield run, between
