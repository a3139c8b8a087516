"""Rules: one SQL file each, shipped in `sql/rules/` or the user's own in `ETL_SQL_DIR/rules/`.

A rule file is a header of `-- key: value` lines and one SELECT:

    -- id: night_export               the file's name without .sql
    -- title: Exports at night
    -- severity: high                 low, medium, high or critical
    -- technique: T1078.004           of MITRE ATT&CK, or none
    -- advice: What to do about a hit. A line that is indented by three or more spaces
    --   continues the value of the line before it.
    -- false alarms: What else looks like this.
    SELECT organization_id, occurred_at, actor_id, entry_id, explanation
    FROM ...

The SELECT returns these five columns, in any order, from the tables, views and macros of the
warehouse. All rules together define two views: `rules` lists them, and `findings` holds their
results. A user's rule replaces the shipped rule with the same id.
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
_VALID = {
    "id": (re.compile(r"[a-z][a-z0-9_]*"), "lowercase letters, digits and _"),
    "severity": (re.compile(r"low|medium|high|critical"), "low, medium, high or critical"),
    "technique": (re.compile(r"T\d{4}(\.\d{3})?|none"), "an ATT&CK technique or none"),
}
_COLUMNS = {
    "organization_id": "VARCHAR",
    "occurred_at": "TIMESTAMPTZ",
    "actor_id": "VARCHAR",
    "entry_id": "VARCHAR",
    "explanation": "VARCHAR",
}
_FINDINGS_COMMENT = (
    "What the rules find. To compare two results, join on organization_id, rule_id, entry_id and "
    "occurred_at with IS NOT DISTINCT FROM: they identify a finding and never change."
)
_FINDINGS = {
    "rule_id": "The rule; the view rules has its meaning and advice",
    "severity": "low, medium, high or critical",
    "technique": "The MITRE ATT&CK technique; NULL where there is none",
    "organization_id": "Organization",
    "occurred_at": "When the pattern was complete",
    "actor_id": "The person: id, otherwise e-mail address or name; NULL if there is none",
    "entry_id": (
        "The entry that completes the pattern: audit_log.id, or quarantine.id if it is invalid; "
        "NULL if there is no single entry (history_purged)"
    ),
    "explanation": "One sentence; times are in ETL_TIMEZONE",
}
_RULES_COMMENT = "The rules behind the view findings, shipped and your own"
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
    """A parsed rule file. `technique` is None if the header says `none`."""

    rule_id: str
    title: str
    severity: str
    technique: str | None
    advice: str
    false_alarms: str
    select: str


def statements(ours: Path, theirs: Path | None) -> list[tuple[str | None, str]]:
    """The statements that create the views `rules` and `findings`.

    `ours` is the folder of the shipped rules, `theirs` is ETL_SQL_DIR. Each statement comes with
    the name of the user's file to blame if it fails, or None. Raises ConfigurationError for a file
    that is not a rule.
    """
    shipped = [parse(path.stem, _text(path)) for path in sqlfiles.in_order(ours)]
    own = [] if theirs is None else _own(theirs / "rules")
    replaced = {rule.rule_id for rule in own}
    rules = [rule for rule in shipped if rule.rule_id not in replaced] + own
    # Each of the user's rules is planned alone first, so that an error names its file.
    checks = [(f"rules/{rule.rule_id}.sql", f"EXPLAIN {hits(rule)}") for rule in own]
    return [*checks, (None, rules_view(rules)), (None, findings_view(rules))]


def parse(name: str, text: str) -> Rule:
    """Parses the rule file `name`.sql.

    Raises ConfigurationError for a key that is missing, duplicate, unknown or invalid.
    """
    header, select = _split(name, text)
    for key in _KEYS:
        if not header.get(key):
            raise ConfigurationError(f"{name}.sql: the header has no line '-- {key}: ...'")
    for key, (pattern, valid) in _VALID.items():
        if not pattern.fullmatch(header[key]):
            raise ConfigurationError(f"{name}.sql: {key} is {header[key]!r}, must be {valid}")
    if header["id"] != name:
        raise ConfigurationError(f"{name}.sql: id is {header['id']!r}, must be the file name")
    if not select:
        raise ConfigurationError(f"{name}.sql: no SELECT follows the header")
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
    """The SELECT of one rule, with the columns of the view `findings`."""
    yielded = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in _COLUMNS.items())
    # The line break ends a comment on the last line of the SELECT.
    return (
        f"SELECT {_quoted(rule.rule_id)} AS rule_id, {_quoted(rule.severity)} AS severity, "
        f"{_quoted(rule.technique)} AS technique, {yielded}\nFROM (\n{rule.select}\n) AS hits"
    )


def findings_view(rules: Sequence[Rule]) -> str:
    """The statements that create the view `findings`; needs at least one rule."""
    union = "\nUNION ALL\n".join(hits(rule) for rule in rules)
    view = f"CREATE OR REPLACE VIEW findings AS\n{union};\n"
    return view + _comments("findings", _FINDINGS_COMMENT, _FINDINGS)


def rules_view(rules: Sequence[Rule]) -> str:
    """The statements that create the view `rules`; needs at least one rule."""
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
    """Returns the header's values by key, and the SELECT without its semicolon."""
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
                raise ConfigurationError(f"{name}.sql: unknown key {key!r} in the header")
            if key in header:
                raise ConfigurationError(f"{name}.sql: duplicate key {key!r} in the header")
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
