package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"agurscope/history"
)

// unverified is what this version does not look for.
const unverified = "alterations by somebody who may write to the file: the hash chain over the rows comes in a later version"

// verification is what was verified, for people and as JSON.
type verification struct {
	Path        string   `json:"path"`
	OK          bool     `json:"ok"`
	Runs        int      `json:"runs"`
	Interrupted int      `json:"interrupted_runs"`
	Verdicts    int      `json:"verdicts"`
	Thumbnails  int      `json:"thumbnails"`
	NotKept     int      `json:"thumbnails_not_kept"`
	Faults      []string `json:"faults"`
	Verified    []string `json:"verified"`
	NotVerified []string `json:"not_verified"`
}

func (p *program) historyVerify() *cobra.Command {
	var db string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that the history is whole",
		Long: `Reads the whole history and checks that the database is sound, that every
reference leads somewhere, that each verdict follows from its score, regions and
thresholds, and that each small picture is the one that was stored. It says what
it has checked and what it has not. The exit status is 1 where something is wrong.`,
		Example: "  agurscope history verify --db line3.db",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return reading(db, func(s *history.Store) error {
				v, err := p.verify(cmd.Context(), s)
				if err != nil {
					return err
				}
				if asJSON {
					err = p.printJSON(v)
				} else {
					p.printVerification(v)
				}
				if err == nil && !v.OK {
					return fmt.Errorf("verify %s: %s found; copy the file to a safe place and restore a backup", display(v.Path), plural(len(v.Faults), "fault"))
				}
				return err
			})
		},
	}
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (p *program) verify(ctx context.Context, s *history.Store) (*verification, error) {
	v := &verification{Path: s.Path(), Faults: []string{}, NotVerified: []string{unverified}}
	err := s.Check(ctx)
	if errors.Is(err, history.ErrDamaged) {
		v.Faults = append(v.Faults, err.Error())
		v.Verified = []string{"the structure of the database file"}
		return v, nil // what a damaged file says would be told at one's own risk
	}
	if err != nil {
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
	v.OK = len(v.Faults) == 0
	v.Verified = []string{
		"the structure of the database file, page by page",
		"every reference from one row to another",
		"every verdict follows from its score, regions and thresholds; no ERROR has a score",
		"the SHA-256 of every small picture that is kept",
	}
	return v, nil
}

func (v *verification) records(ctx context.Context, s *history.Store, bar *progress) error {
	defer bar.clear()
	total, err := s.Count(ctx, history.Filter{})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for rec, err := range s.Verdicts(ctx, history.Filter{}) {
		if err != nil {
			return err
		}
		v.Verdicts++
		bar.step("verifying", v.Verdicts, total, 0, "")
		if why := contradiction(rec); why != "" {
			v.Faults = append(v.Faults, fmt.Sprintf("verdict %d (%s): %s", rec.ID, rec.Name, why))
		}
		if sha := rec.ThumbnailSHA256; sha != "" && !seen[sha] {
			seen[sha] = true
			if err := v.thumbnail(ctx, s, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verification) thumbnail(ctx context.Context, s *history.Store, rec history.Record) error {
	b, err := s.Thumbnail(ctx, rec.ThumbnailSHA256)
	if errors.Is(err, history.ErrNotFound) {
		v.NotKept++
		return nil
	}
	if err != nil {
		return err
	}
	v.Thumbnails++
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != rec.ThumbnailSHA256 {
		v.Faults = append(v.Faults, fmt.Sprintf("verdict %d (%s): its small picture is not the one that was stored", rec.ID, rec.Name))
	}
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
		{"runs", fmt.Sprintf("%d, %d of them interrupted", v.Runs, v.Interrupted)},
		{"verdicts", fmt.Sprint(v.Verdicts)},
		{"pictures", fmt.Sprintf("%d, and %d no longer kept", v.Thumbnails, v.NotKept)},
	})
	fmt.Fprintln(p.Stdout, "\nverified:")
	for _, s := range v.Verified {
		fmt.Fprintf(p.Stdout, "  %s\n", s)
	}
	fmt.Fprintln(p.Stdout, "not verified:")
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
