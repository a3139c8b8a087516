"""Rules: one SQL file each, the shipped ones in `sql/rules/`, the user's in `ETL_SQL_DIR/rules/`.

A rule file is a header of `-- key: value` lines and one SELECT:

    -- id: night_export                    the file's name without .sql
    -- title: Somebody exports at night    one line
    -- severity: high                      low, medium, high or critical
    -- technique: T1078.004                the MITRE ATT&CK technique, or none
    -- advice: What to do about a hit; a line that begins with three blanks or more
    --   goes on with the value before it.
    -- false alarms: What else looks like this.
    SELECT organization_id, occurred_at, actor_id, entry_id, explanation
    FROM ...

The SELECT has these five columns, in any order, and builds on the warehouse's tables, views and
macros. From all rules together come two views: `rules`, what they are, and `findings`, what they
find. A rule of the user's replaces the shipped one of the same id.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from etl.errors import ConfigurationError
from etl.warehouse import sqlfiles

SEVERITIES = ("low", "medium", "high", "critical")
_KEYS = ("id", "title", "severity", "technique", "advice", "false alarms")
_HEADER_LINE = re.compile(r"--\s?(?P<key>[a-z][a-z ]*):\s*(?P<value>.*)")
_CONTINUATION = re.compile(r"--\s{3,}(?P<value>\S.*)")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?|none")

_FINDINGS = (
    ("rule_id", "The rule; what it means and what to do is in rules."),
    ("severity", "low, medium, high or critical."),
    ("technique", "The MITRE ATT&CK technique; NULL where there is none."),
    ("organization_id", "The organization."),
    ("occurred_at", "When the pattern was complete."),
    ("actor_id", "Who it is about: the actor's id, else e-mail address or name; NULL for nobody."),
    ("entry_id", "The entry that shows it (audit_log.id)."),
    ("explanation", "One sentence; times are in ETL_TIMEZONE."),
)
_RULES = (
    ("rule_id", "The rule, as findings has it."),
    ("title", "What it looks for."),
    ("severity", "low, medium, high or critical."),
    ("technique", "The MITRE ATT&CK technique; NULL where there is none."),
    ("advice", "What to do about a hit."),
    ("false_alarms", "What else looks like this."),
)
_YIELDED = {"organization_id": "VARCHAR", "occurred_at": "TIMESTAMPTZ", "actor_id": "VARCHAR"} | {
    "entry_id": "VARCHAR",
    "explanation": "VARCHAR",
}
