package live

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff says how long to wait between attempts: short at first, doubling, and
// never so long that a device that has come back waits noticeably. A quarter of
// it is random, so that a switch that comes back is not asked by all stations at
// once.
type backoff struct{ last time.Duration }

const (
	firstWait   = 100 * time.Millisecond
	longestWait = time.Second
)

func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, firstWait), longestWait)
	return b.last - time.Duration(rand.Int64N(int64(b.last/4)))
}

func (b *backoff) reset() { b.last = 0 }

// sleep waits, and reports whether ctx still goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
