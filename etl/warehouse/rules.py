"""Rules: one SQL file each, the shipped ones in `sql/rules/`, the user's in `ETL_SQL_DIR/rules/`.

A rule file is a header of `-- key: value` lines and one SELECT:

    -- id: night_export               the file's name without .sql
    -- title: Exports at night
    -- severity: high                 low, medium, high or critical
    -- technique: T1078.004           of MITRE ATT&CK, or none
    -- advice: What to do about a hit. A line that is indented by three blanks or more goes on
    --   with the value before it.
    -- false alarms: What else looks like this.
    SELECT organization_id, occurred_at, actor_id, entry_id, explanation
    FROM ...

The SELECT yields these five columns, in any order, from the warehouse's tables, views and macros.
All rules together make two views: `rules`, what they are, and `findings`, what they find. A rule of
the user's replaces the shipped one of the same id.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from etl.errors import ConfigurationError
from etl.warehouse import sqlfiles

_KEYS = ("id", "title", "severity", "technique", "advice", "false alarms")
_HEADER_LINE = re.compile(r"-- ?(?P<key>[a-z][a-z ]*):(?P<value>.*)")
_CONTINUATION = re.compile(r"-- {3,}(?P<value>\S.*)")
_WANTED = {
    "id": (re.compile(r"[a-z][a-z0-9_]*"), "small letters, digits and _"),
    "severity": (re.compile(r"low|medium|high|critical"), "low, medium, high or critical"),
    "technique": (re.compile(r"T\d{4}(\.\d{3})?|none"), "an ATT&CK technique or none"),
}
_YIELDED = {
    "organization_id": "VARCHAR",
    "occurred_at": "TIMESTAMPTZ",
    "actor_id": "VARCHAR",
    "entry_id": "VARCHAR",
    "explanation": "VARCHAR",
}
_FINDINGS_COMMENT = (
    "What the rules find. Compare by organization_id, rule_id, entry_id and occurred_at, with "
    "IS NOT DISTINCT FROM: a finding keeps them, and no two have the same."
)
_FINDINGS = {
    "rule_id": "The rule; the view rules says what it means and what to do",
    "severity": "low, medium, high or critical",
    "technique": "The MITRE ATT&CK technique; NULL where there is none",
    "organization_id": "Organization",
    "occurred_at": "When the pattern was complete",
    "actor_id": "Whom it is about: id, else e-mail address or name; NULL for nobody",
    "entry_id": (
        "The entry that shows it: audit_log.id, or quarantine.id where it could not be read; NULL "
        "where no single entry does (history_purged)"
    ),
    "explanation": "One sentence; its times are in ETL_TIMEZONE",
}
_RULES_COMMENT = "The rules that findings is made from, shipped and your own"
_RULES = {
    "rule_id": "The rule",
    "title": "What it looks for",
    "severity": "low, medium, high or critical",
    "technique": "The MITRE ATT&CK technique; NULL where there is none",
    "advice": "What to do about a hit",
    "false_alarms": "What else looks like this",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file, taken apart. `technique` is None where the header says `none`."""

    rule_id: str
    title: str
    severity: str
    technique: str | None
    advice: str
    false_alarms: str
    select: str


def statements(ours: Path, theirs: Path | None) -> list[tuple[str | None, str]]:
    """The statements that make `rules` and `findings` from the files of `ours`, the folder of the
    shipped rules, and of `theirs`/rules, where `theirs` is ETL_SQL_DIR.

    Each comes with the name of the user's file in which a failure of it is to be looked for, or
    None. Raises ConfigurationError for a file that is no rule.
    """
    shipped = [parse(path.stem, _text(path)) for path in sqlfiles.in_order(ours)]
    own = [] if theirs is None else _own(theirs / "rules")
    replaced = {rule.rule_id for rule in own}
    rules = [rule for rule in shipped if rule.rule_id not in replaced] + own
    # Planned alone first: a mistake in a user's rule is then reported for the file it is in.
    checks = [(f"rules/{rule.rule_id}.sql", f"EXPLAIN {hits(rule)}") for rule in own]
    return [*checks, (None, rules_view(rules)), (None, findings_view(rules))]


def parse(name: str, text: str) -> Rule:
    """The rule in a file called `name`.sql. Raises ConfigurationError, which does not name the
    folder, for a header that lacks something, says something twice or says what nobody knows."""
    header, select = _split(name, text)
    for key in _KEYS:
        if not header.get(key):
            raise ConfigurationError(f"{name}.sql: the header lacks '-- {key}: ...'")
    for key, (wanted, explained) in _WANTED.items():
        if not wanted.fullmatch(header[key]):
            raise ConfigurationError(f"{name}.sql: {key} is {header[key]!r}, wants {explained}")
    if header["id"] != name:
        raise ConfigurationError(f"{name}.sql: its id is {header['id']!r}; name the file after it")
    if not select:
        raise ConfigurationError(f"{name}.sql: there is no SELECT after the header")
    return Rule(
        rule_id=header["id"],
        title=header["title"],
        severity=header["severity"],
        technique=None if header["technique"] == "none" else header["technique"],
        advice=header["advice"],
        false_alarms=header["false alarms"],
        select=select,
    )


def hits(rule: Rule) -> str:
    """A SELECT of one rule's findings, with the columns of the view `findings`."""
    yielded = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in _YIELDED.items())
    # The line break keeps a comment on the last line from swallowing the bracket.
    return (
        f"SELECT {_quoted(rule.rule_id)} AS rule_id, {_quoted(rule.severity)} AS severity, "
        f"{_quoted(rule.technique)} AS technique, {yielded}\nFROM (\n{rule.select}\n) AS hits"
    )


def findings_view(rules: Sequence[Rule]) -> str:
    """The statements that make the view `findings`. Takes at least one rule."""
    union = "\nUNION ALL\n".join(hits(rule) for rule in rules)
    view = f"CREATE OR REPLACE VIEW findings AS\n{union};\n"
    return view + _comments("findings", _FINDINGS_COMMENT, _FINDINGS)


def rules_view(rules: Sequence[Rule]) -> str:
    """The statements that make the view `rules`. Takes at least one rule."""
    rows = ",\n".join(
        "("
        + ", ".join(
            _quoted(value)
            for value in (
                rule.rule_id,
                rule.title,
                rule.severity,
                rule.technique,
                rule.advice,
                rule.false_alarms,
            )
        )
        + ")"
        for rule in rules
    )
    columns = ", ".join(_RULES)
    view = (
        "CREATE OR REPLACE VIEW rules AS\n"
        f"SELECT {columns.replace('technique', 'CAST(technique AS VARCHAR) AS technique')}\n"
        f"FROM (VALUES\n{rows}\n) AS listed ({columns});\n"
    )
    return view + _comments("rules", _RULES_COMMENT, _RULES)


def _own(folder: Path) -> list[Rule]:
    found = []
    for path in sqlfiles.in_order(folder):
        try:
            found.append(parse(path.stem, _text(path)))
        except ConfigurationError as error:
            raise ConfigurationError(f"ETL_SQL_DIR: rules/{error}") from None
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"{path.name}: {why}") from None


def _split(name: str, text: str) -> tuple[dict[str, str], str]:
    """The header's values by key, and the SELECT without its semicolon."""
    header: dict[str, str] = {}
    key = ""
    lines = text.splitlines()
    body = len(lines)
    for number, line in enumerate(lines):
        if key and (more := _CONTINUATION.fullmatch(line)):
            header[key] = f"{header[key]} {more['value'].strip()}".strip()
        elif found := _HEADER_LINE.fullmatch(line):
            key = found["key"]
            if key not in _KEYS:
                raise ConfigurationError(f"{name}.sql: the header has no key {key!r}")
            if key in header:
                raise ConfigurationError(f"{name}.sql: the header says {key!r} twice")
            header[key] = found["value"].strip()
        else:
            body = number
            break
    return header, "\n".join(lines[body:]).strip().rstrip(";").rstrip()


def _quoted(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def _comments(view: str, comment: str, columns: dict[str, str]) -> str:
    lines = [f"COMMENT ON VIEW {view} IS {_quoted(comment)};"]
    lines += [
        f"COMMENT ON COLUMN {view}.{column} IS {_quoted(text)};" for column, text in columns.items()
    ]
    return "\n".join(lines) + "\n"
