"""What becomes of an op: each status of the protocol, and that none is ever lost (docs/sync/protocol.md, section 3)."""
from tests.sync.ops import a_tablet
def test_nothing(db):
    tablet = a_tablet()
