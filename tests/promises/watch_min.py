from collections import Counter
from promises.world import ORGANIZATION
def differences(w):
    there={str(e.id) for e in w.source.entries(ORGANIZATION)}
    here={i for (i,) in w.ask("SELECT id FROM held_entries")}
    return there-here, here-there
