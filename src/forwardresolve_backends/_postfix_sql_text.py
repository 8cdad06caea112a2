"""Take the SQL of a table of Postfix apart: its parts, its conditions, and what each compares with the key.

Only the shapes that people write for Postfix are known; any other is refused, and nothing is guessed.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve_backends._postfix_ldap import NotInvertible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^'\\]|\\.|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
      | (?P<word>[\w.$%]+)
      | (?P<mark>\|\||<>|!=|<=|>=|::|.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER: Final = re.compile("%(.)", re.DOTALL)
_GUARD: Final = re.compile(r"%[us] not like %%([^\w%])%%")
_CLAUSES: Final = ("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "WINDOW")
_FORMS: Final = ("%s", "%u@%d", "%u", "%d", "@%d")
_MOST_WAYS: Final = 64

Tokens = tuple[str, ...]


@attrs.frozen
class Comparison:
    """A comparison with the key.

    Args:
        column: The expression that is compared.
        form: What it is compared with: ``%s``, ``%u@%d``, ``%u``, ``%d``, ``@%d``, or ``%u@`` and an
            expression in ``domain``.
        domain: The expression of the domain that stands behind ``%u@``.
    """

    column: str
    form: str
    domain: str = ""


@attrs.frozen
class Way:
    """One way in which a row can answer.

    Args:
        chosen: What is selected, as SQL; where the key's local part stands in it, the domain behind it.
        source: What stands behind FROM, as SQL.
        static: Conditions without the key.
        comparisons: Comparisons with the key.
        no_extension: Delimiters in an address for which it does not answer.
        keeps_local: Whether it selects the key's local part with another domain.
    """

    chosen: str
    source: str
    static: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    no_extension: str = ""
    keeps_local: bool = False


def ways_of(query: str) -> list[Way]:
    """Take a query apart.

    Args:
        query: The query, with placeholders.

    Raises:
        NotInvertible: It has a shape that is not known.
    """
    tokens = _tokens(query)
    for token in tokens:
        for found in _PLACEHOLDER.finditer(token):
            if found[1] not in tuple("sudSUD%"):
                msg = f"has a query with {found[0]}; only %s, %u and %d can be read backwards"
                raise NotInvertible(msg)
    parts = [part[1:] if part[:1] == ("ALL",) else part for part in _split(tokens, "UNION")]
    return [way for part in parts for way in _ways_of_select(part)]


def plain(sql: str) -> str:
    """Return SQL without placeholders as the database gets it."""
    return sql.replace("%%", "%")


def _ways_of_select(tokens: Tokens) -> Iterator[Way]:
    if not tokens or tokens[0].upper() != "SELECT":
        msg = "has a query that is no plain SELECT"
        raise NotInvertible(msg)
    clauses = _clauses(tokens[1:])
    further = [name for name in clauses if name not in ("SELECT", "FROM", "WHERE", "ORDER")]
    if further:
        msg = f"has a query with {further[0]}, so a row's answer depends on other rows"
        raise NotInvertible(msg)
    chosen, keeps_local = _chosen(clauses["SELECT"])
    source = clauses.get("FROM", ())
    if not source or _asks(source):
        msg = "has a query that names the key elsewhere than behind WHERE"
        raise NotInvertible(msg)
    for terms in _alternatives(clauses.get("WHERE", ())):
        static, comparisons, guard = [], [], ""
        for term in terms:
            if not _asks(term):
                static.append(_sql(term))
            elif found := _GUARD.fullmatch(" ".join(_unquoted(each) for each in term).lower()):
                guard += found[1]
            else:
                comparisons.append(_comparison(term))
        yield Way(
            _sql(chosen), _sql(source), tuple(static), tuple(comparisons), guard, keeps_local=keeps_local
        )


def _chosen(tokens: Tokens) -> tuple[Tokens, bool]:
    """Return what a query selects; what it makes of the key's local part and a domain is the domain."""
    if tokens == ("*",):
        msg = "selects * instead of columns"
        raise NotInvertible(msg)
    if not _asks(tokens):
        return tokens, False
    match _pieces(tokens):
        case ["%u@", tuple() as domain]:
            return domain, True
    msg = f"selects the key itself ({_sql(tokens)})"
    raise NotInvertible(msg)


def _comparison(term: Tokens) -> Comparison:
    match _split(term, "="):
        case [one, other]:
            for column, asked in ((one, other), (other, one)):
                if _asks(column):
                    continue
                match _pieces(asked):
                    case [str() as form] if form in _FORMS:
                        return Comparison(_sql(column), form)
                    case ["%u@", tuple() as domain]:
                        return Comparison(_sql(column), "%u@", _sql(domain))
    msg = f"compares the key in a way that cannot be read backwards ({_sql(term)})"
    raise NotInvertible(msg)


def _pieces(tokens: Tokens) -> list[str | Tokens]:
    """Split what is concatenated into texts and expressions; texts beside each other are one."""
    tokens = _bare(tokens)
    match tokens:
        case (name, "(", *inner, ")") if name.upper() == "CONCAT" and _closes(tokens, 1):
            members = _split(inner, ",")
        case _:
            members = _split(tokens, "||")
    found: list[str | Tokens] = []
    for member in map(_bare, members):
        text = _unquoted(member[0]) if len(member) == 1 and _is_text(member[0]) else None
        if text is None:
            found.append(member)
        elif found and isinstance(found[-1], str):
            found[-1] += text.lower()
        else:
            found.append(text.lower())
    return found


def _bare(tokens: Tokens) -> Tokens:
    """Take off what does not change a key: brackets, LOWER(...), a cast to text."""
    while True:
        match tokens:
            case (*inner, "::", _):
                tokens = tuple(inner)
            case ("(", *inner, ")") if _closes(tokens, 0):
                tokens = tuple(inner)
            case (name, "(", *inner, ")") if (
                name.upper() in ("LOWER", "LCASE") and _asks(inner) and _closes(tokens, 1)
            ):
                tokens = tuple(inner)
            case _:
                return tokens


def _alternatives(tokens: Tokens) -> list[list[Tokens]]:
    """Write a condition as several lists of terms, of each of which all must hold."""
    tokens = _unbracketed(tokens)
    choices = _split(tokens, "OR")
    if len(choices) > 1 and _asks(tokens):
        return [each for choice in choices for each in _alternatives(choice)]
    terms = _split(tokens, "AND") if len(choices) == 1 else [tokens]
    if len(terms) == 1:
        return [[terms[0]]] if terms[0] else [[]]
    ways = [_alternatives(term) if _asks(term) else [[term]] for term in terms]
    size = 1
    for each in ways:
        size *= len(each)
    if size > _MOST_WAYS:
        msg = f"has a query with more than {_MOST_WAYS} ways to answer"
        raise NotInvertible(msg)
    return [[term for part in way for term in part] for way in product(*ways)]


def _unbracketed(tokens: Tokens) -> Tokens:
    while tokens[:1] == ("(",) and _closes(tokens, 0):
        tokens = tokens[1:-1]
    return tokens


def _closes(tokens: Tokens, opening: int) -> bool:
    """Tell whether the bracket at a place is closed by the last token."""
    depth = 0
    for place, each in enumerate(tokens[opening:], opening):
        depth += {"(": 1, ")": -1}.get(each, 0)
        if depth == 0:
            return each == ")" and place == len(tokens) - 1
    return False


def _split(tokens: Sequence[str], word: str) -> list[Tokens]:
    """Split at a word that stands in no brackets."""
    parts: list[list[str]] = [[]]
    depth, in_between = 0, False
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and token.upper() == word and not (in_between and word == "AND"):
            parts.append([])
            continue
        if depth == 0:  # the AND of BETWEEN 1 AND 2 parts nothing
            in_between = token.upper() == "BETWEEN" or (in_between and token.upper() != "AND")
        parts[-1].append(token)
    return [tuple(part) for part in parts]


def _clauses(tokens: Tokens) -> dict[str, Tokens]:
    """Split a query behind its SELECT into its clauses."""
    found: dict[str, list[str]] = {"SELECT": []}
    name, depth = "SELECT", 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and (token.upper() in _CLAUSES or token.upper() == "FROM"):
            name = token.upper()
            found[name] = []
        else:
            found[name].append(token)
    return {name: tuple(tokens) for name, tokens in found.items()}


def _tokens(query: str) -> Tokens:
    found = _TOKEN.finditer(query.strip().rstrip(";"))
    return tuple(token[0].strip() for token in found if token["comment"] is None)


def _asks(tokens: Sequence[str]) -> bool:
    return any(found[1] != "%" for token in tokens for found in _PLACEHOLDER.finditer(token))


def _is_text(piece: str) -> bool:
    """Tell whether a token is a text; MySQL has texts in double quotes, too, where others have names."""
    mark = piece[:1]
    return mark == "'" or (mark == '"' and ("%" in piece or "@" in piece))


def _unquoted(token: str) -> str:
    return token[1:-1] if token[:1] in ("'", '"') else token


def _sql(tokens: Sequence[str]) -> str:
    return " ".join(tokens)
