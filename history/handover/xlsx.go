package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"agurscope/history"
)

// maxRows is how many verdicts one sheet holds below its header.
const maxRows = 1<<20 - 1

var errTooMany = fmt.Errorf("more than %d verdicts do not fit on a sheet; choose fewer, or CSV", maxRows)

// columns are those of the sheet, with their widths in characters.
var columns = []struct {
	name  string
	width float64
	cell  func(history.Record) any
}{
	{"ID", 9, func(r history.Record) any { return r.ID }},
	{"Run", 7, func(r history.Record) any { return r.Run }},
	{"Time (UTC)", 22, func(r history.Record) any { return r.Time.UTC() }},
	{"Part", 14, func(r history.Record) any { return text(r.Part) }},
	{"Picture", 34, func(r history.Record) any { return text(r.Name) }},
	{"Verdict", 9, func(r history.Record) any { return string(r.Verdict) }},
	{"Reviewed", 9, func(r history.Record) any { return string(r.Reviewed) }},
	{"Reviewer", 12, func(r history.Record) any { return text(r.Reviewer) }},
	{"Reason", 24, func(r history.Record) any { return text(r.Reason) }},
	{"Score", 10, func(r history.Record) any { return number(r.Score) }},
	{"Index", 8, func(r history.Record) any { return number(r.Index) }},
	{"Review from", 11, func(r history.Record) any { return number(r.Review) }},
	{"Reject from", 11, func(r history.Record) any { return number(r.Reject) }},
	{"Low", 9, func(r history.Record) any { return number(r.Low) }},
	{"High", 9, func(r history.Record) any { return number(r.High) }},
	{"Mode", 11, func(r history.Record) any { return text(r.Mode) }},
	{"Regions", 8, func(r history.Record) any { return len(r.Regions) }},
	{"Largest px", 10, func(r history.Record) any { return largest(r) }},
	{"Latency ms", 10, func(r history.Record) any { return float64(r.Latency) / float64(time.Millisecond) }},
	{"Operator", 12, func(r history.Record) any { return text(r.Operator) }},
	{"Label", 10, func(r history.Record) any { return text(r.Label) }},
	{"Type", 12, func(r history.Record) any { return text(r.Type) }},
	{"Error", 30, func(r history.Record) any { return text(r.Error) }},
	{"Recipe", 18, func(r history.Record) any { return text(r.Recipe) }},
	{"Recipe SHA-256", 20, func(r history.Record) any { return text(r.RecipeSHA256) }},
	{"Path", 50, func(r history.Record) any { return text(r.Path) }},
}

// text is a cell that a spreadsheet takes for text and nothing else: it is
// stored with that type, so nothing in it runs. It cannot hold what XML cannot.
func text(s string) any {
	if s == "" {
		return nil
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func number(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return f
}

func largest(r history.Record) int {
	most := 0
	for _, g := range r.Regions {
		most = max(most, g.Area)
	}
	return most
}

// XLSX writes the records as a workbook: a sheet of verdicts with typed columns
// that can be filtered, and one that says where they come from.
func (s Source) XLSX(ctx context.Context, w io.Writer) (err error) {
	n, err := s.Store.Count(ctx, s.Filter)
	if err != nil {
		return err
	}
	if n = max(n-s.Filter.Offset, 0); n > maxRows && !(0 < s.Filter.Limit && s.Filter.Limit <= maxRows) {
		return fmt.Errorf("export workbook: %w", errTooMany)
	}
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName("Sheet1", "Verdicts"); err != nil {
		return fmt.Errorf("export workbook: %w", err)
	}
	n, err = s.verdictSheet(ctx, f)
	if err == nil {
		err = s.originSheet(ctx, f, n)
	}
	if err == nil {
		_, err = f.WriteTo(w)
	}
	if err != nil {
		return fmt.Errorf("export workbook: %w", err)
	}
	return nil
}

func (s Source) verdictSheet(ctx context.Context, f *excelize.File) (rows int, err error) {
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E4E9EE"}}})
	if err != nil {
		return 0, err
	}
	format := "yyyy-mm-dd hh:mm:ss.000"
	date, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return 0, err
	}
	out, err := f.NewStreamWriter("Verdicts")
	if err != nil {
		return 0, err
	}
	header := make([]any, len(columns))
	for i, c := range columns {
		header[i] = excelize.Cell{StyleID: bold, Value: c.name}
		if err := out.SetColWidth(i+1, i+1, c.width); err != nil {
			return 0, err
		}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return 0, err
	}
	if err := out.SetRow("A1", header); err != nil {
		return 0, err
	}
	cells := make([]any, len(columns))
	for r, err := range s.records(ctx) {
		if err != nil {
			return 0, err
		}
		if rows++; rows > maxRows {
			return 0, errTooMany // some have come meanwhile
		}
		for i, c := range columns {
			cells[i] = c.cell(r)
			if t, ok := cells[i].(time.Time); ok {
				cells[i] = excelize.Cell{StyleID: date, Value: t}
			}
		}
		if err := out.SetRow(fmt.Sprintf("A%d", rows+1), cells); err != nil {
			return 0, err
		}
	}
	if err := out.Flush(); err != nil {
		return 0, err
	}
	last, err := excelize.CoordinatesToCellName(len(columns), rows+1)
	if err != nil {
		return 0, err
	}
	return rows, f.AutoFilter("Verdicts", "A1:"+last, nil)
}

func (s Source) originSheet(ctx context.Context, f *excelize.File, rows int) error {
	head, err := s.Store.Head(ctx)
	if err != nil {
		return err
	}
	if _, err := f.NewSheet("Origin"); err != nil {
		return err
	}
	for i, row := range [][2]any{
		{"History", text(s.Store.Path())}, {"Verdicts", rows}, {"Made", s.made().Format(time.RFC3339)}, {"Head of the chain", head.String()},
		{"To verify", "agurscope history verify --head " + head.String()},
	} {
		if err := f.SetSheetRow("Origin", fmt.Sprintf("A%d", i+1), &[]any{row[0], row[1]}); err != nil {
			return err
		}
	}
	return f.SetColWidth("Origin", "A", "B", 24)
}
