package spc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"agurscope/history"
)

// Shift is when a shift begins, by the clock on the wall.
type Shift struct {
	Name         string
	Hour, Minute int
}

// DefaultShifts are those of three turns of eight hours.
const DefaultShifts = "06:00, 14:00, 22:00"

// mostShifts is how many shifts a day may have.
const mostShifts = 12

// ParseShifts reads when the shifts of a day begin, as in [DefaultShifts] or with
// names, as in "early=06:00, late=14:00"; a shift without a name is called by its
// time. They come back in the order of the day.
func ParseShifts(text string) ([]Shift, error) {
	var out []Shift
	for one := range strings.SplitSeq(text, ",") {
		name, clock, named := strings.Cut(one, "=")
		if !named {
			name, clock = "", one
		}
		t, err := time.Parse("15:04", strings.TrimSpace(clock))
		name = strings.TrimSpace(name)
		if err != nil || named && name == "" {
			return nil, fmt.Errorf("shifts begin at %q, which is no time of day; write such as %s", strings.TrimSpace(one), DefaultShifts)
		}
		out = append(out, Shift{Name: cmp.Or(name, t.Format("15:04")), Hour: t.Hour(), Minute: t.Minute()})
	}
	slices.SortFunc(out, Shift.compare)
	if same := len(out) - len(slices.CompactFunc(slices.Clone(out), func(a, b Shift) bool { return a.compare(b) == 0 })); same > 0 || len(out) > mostShifts {
		return nil, fmt.Errorf("shifts begin at %q; at most %d different times make a day, such as %s", text, mostShifts, DefaultShifts)
	}
	return out, nil
}

// FormatShifts is what [ParseShifts] reads.
func FormatShifts(shifts []Shift) string {
	var out []string
	for _, s := range shifts {
		clock := fmt.Sprintf("%02d:%02d", s.Hour, s.Minute)
		if s.Name != clock {
			clock = s.Name + "=" + clock
		}
		out = append(out, clock)
	}
	return strings.Join(out, ", ")
}

func (a Shift) compare(b Shift) int { return cmp.Compare(60*a.Hour+a.Minute, 60*b.Hour+b.Minute) }

// Began is when the shift began in which an instant lies, zero without shifts.
func Began(where *time.Location, shifts []Shift, t time.Time) time.Time {
	_, start := ByShift(where, shifts)(history.Sample{Time: t})
	return start
}

// ByShift groups by shifts, each until the next begins; the last one of a day
// goes on past midnight and belongs to the day on which it began.
func ByShift(where *time.Location, shifts []Shift) Key {
	shifts = slices.Clone(shifts)
	slices.SortFunc(shifts, Shift.compare)
	return spans(func(t time.Time) (string, time.Time, time.Time) {
		t = t.In(where)
		var end time.Time // of the shift that is looked at: the beginning of the one after it
		for day := -1; day < 2; day++ {
			for _, sh := range slices.Backward(shifts) {
				start := time.Date(t.Year(), t.Month(), t.Day()-day, sh.Hour, sh.Minute, 0, 0, where)
				if !start.After(t) {
					return start.Format("2006-01-02 ") + sh.Name, start, end
				}
				end = start
			}
		}
		return "", time.Time{}, time.Time{} // no shifts
	})
}
