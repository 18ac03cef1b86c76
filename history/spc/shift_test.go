package spc

import (
	"strings"
	"testing"
	"time"
)

func TestShiftsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		DefaultShifts: DefaultShifts, " 22:00,6:00 ": "06:00, 22:00", "late=14:00, early = 06:30": "early=06:30, late=14:00", "00:00": "00:00",
	} {
		shifts, err := ParseShifts(text)
		if got := FormatShifts(shifts); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", ",", "25:00", "6", "06:00,06:00", "=06:00", "06:00;14:00", strings.Repeat("06:00,", 12) + "07:00"} {
		if shifts, err := ParseShifts(bad); err == nil || !strings.Contains(err.Error(), DefaultShifts) {
			t.Errorf("%q: %v, %v", bad, shifts, err)
		}
	}
}

func TestAShiftBeganByTheClock(t *testing.T) {
	shifts, err := ParseShifts("06:30, 14:00, 22:00")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	for now, want := range map[time.Time]time.Time{
		at(2, 6, 29): at(1, 22, 0), at(2, 6, 30): at(2, 6, 30), at(2, 21, 59): at(2, 14, 0), at(2, 23, 0): at(2, 22, 0), at(3, 2, 0): at(2, 22, 0),
	} {
		if got := Began(time.UTC, shifts, now); !got.Equal(want) {
			t.Errorf("at %v it began at %v, not %v", now, got, want)
		}
	}
	if got := Began(time.UTC, nil, at(2, 6, 0)); !got.IsZero() {
		t.Errorf("without shifts one began at %v", got)
	}
}

func FuzzParseShifts(f *testing.F) {
	f.Add(DefaultShifts)
	f.Add("early=06:30, late=14:00")
	f.Fuzz(func(t *testing.T, text string) {
		shifts, err := ParseShifts(text)
		if err != nil {
			return
		}
		again, err := ParseShifts(FormatShifts(shifts))
		if err != nil || FormatShifts(again) != FormatShifts(shifts) {
			t.Errorf("%q is %q, and then %q, %v", text, FormatShifts(shifts), FormatShifts(again), err)
		}
	})
}
