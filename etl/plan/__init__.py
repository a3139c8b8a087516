"""What to ask the API next, and whether a window is proven: pure code.

The rules, stated before the first line:

1. Plans are generators. They yield *asks* (`model.py`) and are sent *answers*; they know no
   network, clock or database, and tests drive them by the thousand without any.
2. A window is complete only by a proof: what is known of it equals the total that the API states.
   A proof is claimed here and taken again by the driver inside the committing transaction.
3. No loop without a bound: every retry of a walk, every split and every narrowing counts down.
4. What the API does not publish (order, zone of its days, whether `to_date`'s day is included,
   whether `total` is capped) is learned, remembered in the ledger, and decides only the cost.

Imports run `sync.py`, `verify.py` → `sounding.py` → `check.py` → `healing.py` → `whole.py` →
`newest.py` → `beginning.py`, `crowded.py`, `course.py` → `backfill.py`, `parts.py`,
`narrowing.py` → `bounds.py`, `by_type.py` → `learned.py`, `outcome.py` → `model.py` →
`ranges.py`; never upwards.
"""
