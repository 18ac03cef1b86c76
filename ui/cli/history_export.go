package cli

import (
	"bufio"
	"context"
	"errors"
	"image"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/history"
	"agurscope/history/handover"
	"agurscope/ui/sheet"
)

// formats are the endings of what can be exported.
var formats = []string{"csv", "json", "xlsx", "pdf", "zip"}

func (p *program) historyExport() *cobra.Command {
	var f filterFlags
	var db, out, format string
	var worst int
	var force bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write verdicts as CSV, JSON or XLSX, a run's report as PDF, or pictures as ZIP",
		Long: `Writes what the filter chooses, to the standard output or a file, whose ending says
as what: csv, json, xlsx (a workbook), zip (CSV, JSON and every picture that is
kept) or pdf, the report of one run: summary, charts, worst parts with their panes
where they were kept, recipe and thresholds, and lines to sign on. A file that is
there already stays, unless --force is given.

Each carries the head of the hash chain, by which “history verify --head” can later
tell whether anything before it was changed; for CSV it is told beside it.`,
		Example: `  agurscope history export --since 2026-08-01 --until 2026-09-01 --out august.xlsx
  agurscope history export --run 12 --out run12.pdf
  agurscope history export --run 12 > run12.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(time.Now())
			if err != nil {
				return err
			}
			if format == "" {
				format = strings.TrimPrefix(strings.ToLower(filepath.Ext(out)), ".")
			}
			if format == "" || out == "" && !cmd.Flags().Changed("format") {
				format = "csv"
			}
			switch {
			case !slices.Contains(formats, format):
				return usage("%q is no format: end the file's name with, or give --format, one of %s", format, strings.Join(formats, ", "))
			case format == "pdf" && f.run == 0:
				return usage("a report is of one run: choose it with --run, as “agurscope history runs” numbers them")
			}
			return reading(db, func(s *history.Store) error {
				return p.handOver(cmd.Context(), handover.Source{Store: s, Filter: filter}, format, out, worst, force)
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write (default: the standard output)")
	cmd.Flags().StringVar(&format, "format", "", "`FORMAT`, where the file's ending does not say it: "+strings.Join(formats, ", "))
	cmd.Flags().IntVar(&worst, "parts", 6, "show the `N` worst parts in a report")
	addForce(cmd.Flags(), &force)
	addDatabase(cmd.Flags(), &db)
	return cmd
}

func (p *program) handOver(ctx context.Context, src handover.Source, format, out string, worst int, force bool) error {
	write := map[string]func(context.Context, io.Writer) error{"csv": src.CSV, "json": src.JSON, "xlsx": src.XLSX, "zip": src.Bundle}[format]
	if format == "pdf" {
		write = func(ctx context.Context, w io.Writer) error {
			return src.PDF(ctx, w, handover.Report{Run: src.Filter.Run, Worst: worst, Panes: func(ctx context.Context, r history.Record) (image.Image, error) {
				return sheet.Past(ctx, src.Store, r)
			}})
		}
	}
	if out == "" || out == "-" {
		w := bufio.NewWriter(p.Stdout)
		return errors.Join(write(ctx, w), w.Flush())
	}
	err := replaceWith(out, force, func(w io.Writer) error { return write(ctx, w) })
	if err != nil {
		return err
	}
	head, err := src.Store.Head(ctx)
	if err == nil {
		p.note("wrote %s; the chain is at %s", out, head)
	}
	return err
}
