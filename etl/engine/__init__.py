"""Why a copy is complete, as arithmetic. Pure: no network, no clock, no database.

A *window* is a range of days as the source cuts its days. The windows of a stream tile its
history; the last one is open, and only there do entries arrive by rule. A window's `stated` is the
total that the source stated of it when all of it was held. After a proven run

    rows held  =  sum of the windows' stated (+ undated)  =  total of everything, asked in this run

The left equation says that nothing has been lost here of what the windows were proven with. The
right one says that the source holds nothing else. Held rows are never counted by time: what a later
answer says of a window is compared with what an earlier answer said of the same window. So it does
not matter in which time zone the source's days begin, how it writes times, or where it files an
entry whose own time is odd.

Where the equations do not hold, the difference is found by counting: the windows are halved, the
source is asked for the total of one half, and the other half is what remains. Only what differs is
read again. Entries that are not served any more are recorded as gone only where they are exactly as
many as the source lacks. Order and time save requests; nothing is believed because of them.

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
add a page, to say what a walk has come to, to commit, and to note what has gone (`model.Copy`).

What the engine gives up, on purpose: a day too large for the source's paging, entries that are
identical and have no id, a source that lies in several ways at once. Each ends as `unproven`, with
a reason. What no count can see: as many entries gone as came late between two runs. `verify --deep`
reads everything, and does.
"""
