"""Why a copy is complete, as arithmetic. Pure: no network, no clock, no database.

A *window* is a range of days as the source cuts its days. The windows of a stream tile its
history; the last one is open, and new entries normally arrive there. An entry is *held* if it is
in `audit_log` or in `quarantine` and is not recorded as gone. A window's `stated` is how many of
its entries were held when that number last agreed with the source. After a proven run

    entries held  =  sum of the windows' stated (+ undated)  =  total of everything, in this run

This is decided in one place: `Copy.prove`, which is `warehouse.load.Loader._decide`, inside the
transaction that commits. Until then, what is recorded of a window is only a claim.

The left equation says that the copy has lost nothing since its windows were proven. The right one
says that the source has as many entries, so none is missing, unless as many have gone from it. The
held entries of a window are never counted by their times: what the source says of a window now is
compared with what it said before. So it does not matter in which time zone the source's days begin,
how it writes times, or on which day it counts an entry with an odd time.

Where the equations do not hold, the difference is found by counting: the windows are halved, the
source is asked for the total of one half, and the other half is what remains. Only what differs is
read again. Entries that are not served any more are recorded as gone only where they are exactly as
many as the source lacks. One record rests on order and time (`heal._expire`): held entries older
than the source's oldest one have expired, if they are not more than it lacks. Everywhere else order
and time only save requests.

The modules, in the order in which to read them:

    model      window, ledger, and what the engine asks of the outside
    run        one page, one count, and what every answer teaches
    walk       all pages of a window
    news       the newest entries of the open window
    first      a history that was never read, in windows of about 5,000 entries
    heal       what differs, what has gone
    sync       the whole: news and everything, then heal
    verify     compare, or read everything again
    forecast   what a sync would take

The source is asked for pages; a count is a page of one entry (`model.Source`). The copy is asked to
add a page, to say what a walk has come to, to commit, to note what has gone, and to decide whether
it is proven (`model.Copy`).

What the engine gives up, on purpose: a day too large for the source's paging, entries that are
identical and have no id, a source that lies in several ways at once. Each ends as `unproven`, with
a reason. A count cannot show that as many entries have gone as came late between two runs, or that
an entry has changed. `verify --deep` can: it reads everything.
"""
