package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"agurscope/history"
)

// unverified is what cannot be seen from the file alone.
const unverified = "an end of the chain that was cut off without a trace: note its head elsewhere, and give it with --head"

// verification is what was verified, for people and as JSON.
type verification struct {
	Path        string         `json:"path"`
	OK          bool           `json:"ok"`
	Head        string         `json:"head"`
	Links       int64          `json:"links"`
	Runs        int            `json:"runs"`
	Interrupted int            `json:"interrupted_runs"`
	Verdicts    int            `json:"verdicts"`
	Retired     int64          `json:"verdicts_retired"`
	Thumbnails  int64          `json:"thumbnails"`
	NotKept     int            `json:"thumbnails_not_kept"`
	Files       int64          `json:"files"`
	Waiting     int            `json:"waiting"`
	First       *history.Fault `json:"first_broken"`
	Faults      []string       `json:"faults"`
	Verified    []string       `json:"verified"`
	NotVerified []string       `json:"not_verified"`
}

func (p *program) historyVerify() *cobra.Command {
	var db, head string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that the history is whole and unaltered",
		Long: `Reads the whole history and checks that the database is sound, that every row is
the one that was written (the rows are linked by a chain of hashes), that each
verdict follows from its score, regions and thresholds, and that each picture is
the one that was stored. It names the first row that was changed, removed,
inserted or moved, and says what it has not checked. With --head it also checks
that the chain passes through a head that an earlier verification, an export or
a report has shown. The exit status is 1 where something is wrong.`,
		Example: `  agurscope history verify --db line3.db
  agurscope history verify --head 1204:9f3c…`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var witness history.Head
			if head != "" {
				var err error
				if witness, err = history.ParseHead(head); err != nil {
					return usage("--head: %v", err)
				}
			}
			return reading(db, func(s *history.Store) error {
				v, err := p.verify(cmd.Context(), s, witness)
				if err != nil {
					return err
				}
				if asJSON {
					err = p.printJSON(v)
				} else {
					p.printVerification(v)
				}
				if err == nil && !v.OK {
					return fmt.Errorf("verify %s: %s found, the first: %s; copy the file to a safe place and restore a backup", display(v.Path), plural(len(v.Faults), "fault"), v.Faults[0])
				}
				return err
			})
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&head, "head", "", "the chain must pass through this `HEAD`, as NUMBER:HASH")
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (p *program) verify(ctx context.Context, s *history.Store, witness history.Head) (*verification, error) {
	v := &verification{Path: s.Path(), Faults: []string{}, NotVerified: []string{unverified}}
	if witness != (history.Head{}) {
		v.NotVerified = []string{}
	}
	err := s.Check(ctx)
	if errors.Is(err, history.ErrDamaged) {
		v.Faults = append(v.Faults, err.Error())
		v.Verified = []string{"the structure of the database file"}
		return v, nil // what a damaged file says would be told at one's own risk
	}
	if err != nil {
		return nil, err
	}
	if err := v.chain(ctx, s, witness, p.progress()); err != nil {
		return nil, err
	}
	for r, err := range s.Runs(ctx, history.RunFilter{}) {
		if err != nil {
			return nil, err
		}
		v.Runs++
		if r.Status == history.Interrupted {
			v.Interrupted++
		}
	}
	if err := v.records(ctx, s, p.progress()); err != nil {
		return nil, err
	}
	if v.Waiting, err = s.Waiting(); err != nil {
		return nil, err
	}
	v.OK = len(v.Faults) == 0
	v.Verified = []string{
		"the structure of the database file, page by page",
		"every reference from one row to another",
		"every row is the one that its link in the chain names, and none is missing or new",
		"every verdict follows from its score, regions and thresholds; no ERROR has a score",
		"the SHA-256 of every picture that is kept, small or full",
	}
	return v, nil
}

// chain follows the chain of hashes.
func (v *verification) chain(ctx context.Context, s *history.Store, witness history.Head, bar *progress) error {
	defer bar.clear()
	got, err := s.Verify(ctx, witness, func(done, total int64) { bar.step("following the chain", int(done), int(total), 0, "") })
	if err != nil {
		return err
	}
	v.Head, v.Links, v.Retired, v.Thumbnails, v.Files = got.Head.String(), got.Links, got.Retired, got.Thumbnails, got.Files
	for _, f := range got.Faults {
		v.Faults = append(v.Faults, f.String())
	}
	if len(got.Faults) > 0 {
		v.First = &got.Faults[0]
	}
	return nil
}

func (v *verification) records(ctx context.Context, s *history.Store, bar *progress) error {
	defer bar.clear()
	total, err := s.Count(ctx, history.Filter{})
	if err != nil {
		return err
	}
	pictures := map[string]bool{}
	for rec, err := range s.Verdicts(ctx, history.Filter{}) {
		if err != nil {
			return err
		}
		v.Verdicts++
		bar.step("verifying", v.Verdicts, total, 0, "")
		if why := contradiction(rec); why != "" {
			v.Faults = append(v.Faults, fmt.Sprintf("verdict %d (%s): %s", rec.ID, rec.Name, why))
		}
		pictures[rec.ThumbnailSHA256] = true
	}
	delete(pictures, "")
	v.NotKept = max(0, len(pictures)-int(v.Thumbnails))
	return nil
}

// contradiction says how a verdict does not follow from what led to it.
func contradiction(r history.Record) string {
	want := history.OK
	switch {
	case r.Verdict == history.ERROR:
		if r.Score == r.Score {
			return "it is ERROR and has a score"
		}
		return ""
	case r.Score != r.Score:
		return fmt.Sprintf("it is %s without a score", r.Verdict)
	case r.Verdict == history.REVIEW && r.Error != "":
		return "" // it could not be put upright, whatever its score
	case r.Score >= r.Reject || len(r.Regions) > 0:
		want = history.NG
	case r.Score >= r.Review:
		want = history.REVIEW
	}
	if r.Verdict != want {
		return fmt.Sprintf("it is %s, but score %.6g and %s make it %s", r.Verdict, r.Score, plural(len(r.Regions), "region"), want)
	}
	return ""
}

func (p *program) printVerification(v *verification) {
	p.printRows([][2]string{
		{"history", display(v.Path)},
		{"head", v.Head},
		{"links", fmt.Sprint(v.Links)},
		{"runs", fmt.Sprintf("%d, %d of them interrupted", v.Runs, v.Interrupted)},
		{"verdicts", fmt.Sprintf("%d, and %d removed by retention", v.Verdicts, v.Retired)},
		{"waiting", fmt.Sprintf("%d in the journal", v.Waiting)},
		{"pictures", fmt.Sprintf("%d small ones, and %d no longer kept; %d full ones and maps", v.Thumbnails, v.NotKept, v.Files)},
	})
	fmt.Fprintln(p.Stdout, "\nverified:")
	for _, s := range v.Verified {
		fmt.Fprintf(p.Stdout, "  %s\n", s)
	}
	if len(v.NotVerified) > 0 {
		fmt.Fprintln(p.Stdout, "not verified:")
	}
	for _, s := range v.NotVerified {
		fmt.Fprintf(p.Stdout, "  %s\n", s)
	}
	if v.OK {
		fmt.Fprintln(p.Stdout, "\nno fault found")
		return
	}
	fmt.Fprintln(p.Stdout, "\nfaults:")
	for _, s := range v.Faults {
		fmt.Fprintf(p.Stdout, "  %s\n", s)
	}
}
