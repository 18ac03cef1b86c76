package history

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// csvHeader names the columns of ExportCSV.
var csvHeader = []string{
	"id", "run", "seq", "time", "path", "name", "label", "type", "verdict", "score", "index",
	"reviewed_verdict", "reviewer", "reason", "reviewed_at", "low", "high", "review", "reject", "mode",
	"regions", "largest_area", "latency_ms", "error", "recipe", "recipe_sha256", "thumbnail_sha256",
}

// ExportCSV writes the records that f chooses to w as comma-separated values in
// UTF-8 with one header line. What is absent is an empty cell. Text that a
// spreadsheet would take for a formula is preceded by an apostrophe.
func (s *Store) ExportCSV(ctx context.Context, w io.Writer, f Filter) error {
	return WriteCSV(w, s.Verdicts(ctx, f))
}

// WriteCSV is ExportCSV of records from elsewhere.
func WriteCSV(w io.Writer, records iter.Seq2[Record, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := out.Write(r.cells()); err != nil {
			return fmt.Errorf("export history: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("export history: %w", err)
	}
	return nil
}

// cells returns the row of r under csvHeader.
func (r Record) cells() []string {
	largest := 0
	for _, g := range r.Regions {
		largest = max(largest, g.Area)
	}
	return []string{
		strconv.FormatInt(r.ID, 10), strconv.FormatInt(r.Run, 10), strconv.FormatUint(r.Seq, 10),
		timeCell(r.Time), textCell(r.Path), textCell(r.Name), textCell(r.Label), textCell(r.Type),
		string(r.Verdict), numberCell(r.Score), numberCell(r.Index),
		string(r.Reviewed), textCell(r.Reviewer), textCell(r.Reason), timeCell(r.ReviewedAt),
		numberCell(r.Low), numberCell(r.High), numberCell(r.Review), numberCell(r.Reject), textCell(r.Mode),
		strconv.Itoa(len(r.Regions)), strconv.Itoa(largest),
		numberCell(float64(r.Latency) / float64(time.Millisecond)), textCell(r.Error),
		textCell(r.Recipe), textCell(r.RecipeSHA256), textCell(r.ThumbnailSHA256),
	}
}

func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func numberCell(f float64) string {
	if math.IsNaN(f) {
		return ""
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// textCell puts an apostrophe before whatever a spreadsheet could run. A cell
// can begin not only where we say: one that splits at semicolons, tabs or line
// breaks, as many do by their country's habit, finds beginnings inside our
// text, and it passes over spaces and quotes before it looks.
//
// What is not UTF-8, as names of files may be, would make the whole file unreadable
// for most readers; only the history has it byte for byte.
func textCell(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	for s != "" {
		n := strings.IndexAny(s, ";\t\r\n") + 1
		if n == 0 {
			n = len(s)
		}
		if startsFormula(s[:n]) {
			b.WriteByte('\'')
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

// startsFormula reports whether a spreadsheet might run s.
func startsFormula(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return r == '"' || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	return strings.IndexAny(s, "=+-@＝＋－＠") == 0
}
