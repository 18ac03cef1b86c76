package cli

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"agurscope/history"
)

// writing runs fn on a history opened for writing.
func writing(path string, fn func(*history.Store) error) (err error) {
	s, err := history.Open(database(path))
	if err != nil {
		return locked(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return fn(s)
}

// whoami is who is logged in, unless somebody is named.
func whoami(name string) string {
	if name == "" {
		if u, err := user.Current(); err == nil {
			return u.Username
		}
	}
	return name
}

// verdictID reads the ID of a verdict.
func verdictID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usage("%q is no ID: it is the number that “agurscope history list” shows", text)
	}
	return id, nil
}

func (p *program) historyNote() *cobra.Command {
	var db, operator string
	cmd := &cobra.Command{
		Use:     "note ID TEXT",
		Short:   "Write a note beside a verdict",
		Example: "  agurscope history note 1204 \"scratch from the feeder, see order 88\"",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("name one verdict by its ID, and write the note in quotes")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := verdictID(args[0])
			if err != nil {
				return err
			}
			return writing(db, func(s *history.Store) error { return s.Annotate(cmd.Context(), id, whoami(operator), args[1]) })
		},
	}
	cmd.Flags().StringVar(&operator, "operator", "", "`NAME` of who writes (default: who is logged in)")
	addDatabase(cmd.Flags(), &db)
	return cmd
}

func (p *program) historyGolden() *cobra.Command {
	var f filterFlags
	var db string
	cmd := &cobra.Command{
		Use:   "golden NAME",
		Short: "Make a golden set of what a filter chooses",
		Long: `Keeps the verdicts that the filter chooses under a name, with what counts of each
now as the answer that a recipe must give. Retention never removes them. Without
a name it lists the golden sets.`,
		Example: `  agurscope history golden release-4 --overridden --since 30d
  agurscope history golden`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("give one name")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return reading(db, func(s *history.Store) error { return p.listGolden(cmd.Context(), s) })
			}
			filter, err := f.filter(time.Now())
			if err != nil {
				return err
			}
			if !f.chooses() {
				return usage("choose the parts, such as with --overridden or --run: without a filter it would be the whole history, of which retention could never remove anything again")
			}
			return writing(db, func(s *history.Store) error { return p.makeGolden(cmd.Context(), s, args[0], filter) })
		},
	}
	f.add(cmd.Flags())
	addDatabase(cmd.Flags(), &db)
	return cmd
}

func (p *program) listGolden(ctx context.Context, s *history.Store) error {
	for g, err := range s.GoldenSets(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Stdout, "%5d  %s  %-20s  %s by %s\n", g.ID, g.Time.Local().Format(time.DateTime), g.Name, plural(len(g.Members), "part"), g.Author)
	}
	return nil
}

func (p *program) makeGolden(ctx context.Context, s *history.Store, name string, f history.Filter) error {
	g := history.GoldenSet{Name: name, Author: whoami("")}
	for r, err := range s.Verdicts(ctx, f) {
		if err != nil {
			return err
		}
		if r.Final() != history.ERROR {
			g.Members = append(g.Members, history.Golden{Verdict: r.ID, Expected: r.Final()})
		}
	}
	g, err := s.MakeGolden(ctx, g)
	if err == nil {
		p.note("golden set %d, %s, with %s", g.ID, g.Name, plural(len(g.Members), "part"))
	}
	return err
}

func (p *program) historySimilar() *cobra.Command {
	var db string
	var n int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "similar ID",
		Short:   "List the parts that look most like one, nearest first",
		Example: "  agurscope history similar 1204 --limit 10",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one verdict by the ID that “agurscope history list” shows")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := verdictID(args[0])
			if err != nil {
				return err
			}
			return reading(db, func(s *history.Store) error {
				near, err := s.Nearest(cmd.Context(), id, nil, n)
				if err != nil {
					return err
				}
				for _, o := range near {
					r, err := s.Verdict(cmd.Context(), o.ID)
					if err != nil {
						return err
					}
					if asJSON {
						err = p.printJSON(struct {
							Distance float64        `json:"distance"`
							Verdict  history.Record `json:"verdict"`
						}{o.Distance, r})
					} else {
						_, err = fmt.Fprintf(p.Stdout, "%7d  %8.4g  %s  %s\n", r.ID, o.Distance, p.ink().verdict(r.Verdict, 7), r.Name)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().IntVar(&n, "limit", 20, "at most `N`")
	addDatabase(cmd.Flags(), &db)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per verdict")
	return cmd
}
