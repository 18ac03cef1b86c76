package session

import (
	"slices"
	"time"
)

// controlCost is what a control is taken to cost, as a share of a training,
// until one has been measured.
const controlCost = 0.1

// forecast estimates how long an ablation takes. Rows differ by orders of
// magnitude, so cells are not counted but weighed by what cells of the same
// row have taken, or of the same kind where there is none yet.
type forecast struct {
	cells map[cell]figures // finished
	rows  []Row
	todo  []cell // the first one is under way
}

// at returns the share of the work that is done and the time that is left when
// the cell under way has run for some time and come to a share of its own
// work. The time is 0 while it cannot be told; the share then counts cells.
func (f forecast) at(elapsed time.Duration, share float64) (float64, time.Duration) {
	now := elapsed.Seconds()
	all, count := 0.0, 0
	for c, v := range f.cells {
		if _, asked := f.row(c); asked {
			all, count = all+v[cellSeconds], count+1
		}
	}
	if len(f.todo) == 0 {
		return 1, 0
	}
	counted := (float64(count) + share) / float64(count+len(f.todo))
	projected := 0.0 // of the cell under way
	if share > 0 {
		projected = now / share
	}
	under, _ := f.row(f.todo[0])
	network := f.expected(Row{})
	if network == 0 && under.kind() == 0 {
		network = projected
	}
	left := 0.0
	for i, c := range f.todo {
		r, _ := f.row(c)
		took := f.expected(r)
		if i == 0 && projected > 0 {
			took = projected
		} else if took == 0 && r.kind() == under.kind() {
			took = projected
		} else if took == 0 {
			took = controlCost * network
		}
		if took == 0 {
			return counted, 0
		}
		left += took
	}
	left = max(left-now, 0)
	return (all + now) / (all + now + left), time.Duration(left * float64(time.Second))
}

func (f forecast) row(c cell) (Row, bool) {
	i := slices.IndexFunc(f.rows, func(r Row) bool { return r.Name == c.method })
	if i < 0 {
		return Row{}, false
	}
	return f.rows[i], true
}

// kind tells rows apart by what they cost: 0 for a network that is trained, 1
// for one that is not, 2 for a control without a network.
func (r Row) kind() int {
	switch {
	case r.Control == "":
		return 0
	case r.network():
		return 1
	default:
		return 2
	}
}

// expected is the mean time in seconds of the row's finished cells, or of those
// of its kind; 0 without any.
func (f forecast) expected(r Row) float64 {
	mean := func(like func(Row) bool) float64 {
		sum, n := 0.0, 0
		for c, v := range f.cells {
			if other, ok := f.row(c); ok && like(other) {
				sum, n = sum+v[cellSeconds], n+1
			}
		}
		return sum / float64(max(n, 1))
	}
	if own := mean(func(other Row) bool { return other.Name == r.Name }); own > 0 {
		return own
	}
	return mean(func(other Row) bool { return other.kind() == r.kind() })
}
