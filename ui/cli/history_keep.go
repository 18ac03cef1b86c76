package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"agurscope/history"
)

func (p *program) historyBackup() *cobra.Command {
	var db, out string
	var force bool
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Copy the history while it is in use",
		Long: `Copies the history as it is at this moment, with the pictures beside it, while a
window or another command goes on writing to it. The copy is checked before it
gets its name.`,
		Example: "  agurscope history backup --out /media/backup/line3.db",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need("out", out, "the file of the copy"); err != nil {
				return err
			}
			return reading(db, func(s *history.Store) error {
				bar := p.progress()
				defer bar.clear()
				err := s.Backup(cmd.Context(), out, force, func(done, total int) { bar.step("copying", done, total, 0, "") })
				if errors.Is(err, fs.ErrExist) {
					return fmt.Errorf("%w; give --force to replace it", err)
				}
				if err != nil {
					return err
				}
				head, err := s.Head(cmd.Context())
				if err == nil {
					p.note("backed up %s to %s; the chain is at %s", display(s.Path()), out, head)
				}
				return err
			})
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write")
	addForce(cmd.Flags(), &force)
	addDatabase(cmd.Flags(), &db)
	return cmd
}

func (p *program) historyRetain() *cobra.Command {
	var db, files, thumbnails, verdicts, room, operator string
	cmd := &cobra.Command{
		Use:   "retain",
		Short: "Remove what is older, or more, than is to be kept",
		Long: `Removes pictures and verdicts that are older than is said, and, for a size, the
oldest until the rest fits: full pictures first, then small ones, then verdicts.
Golden parts stay. What was removed is said by a tombstone on the chain of
hashes, so that the history can still be verified.`,
		Example: `  agurscope history retain --pictures 30d --thumbnails 365d --verdicts 3650d
  agurscope history retain --size 20GB`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			r := history.Retention{Operator: operator}
			for _, a := range []struct {
				flag, text string
				age        *time.Duration
			}{{"pictures", files, &r.Files}, {"thumbnails", thumbnails, &r.Thumbnails}, {"verdicts", verdicts, &r.Verdicts}} {
				if *a.age, err = age(a.flag, a.text); err != nil {
					return err
				}
			}
			if r.Bytes, err = bytesOf("size", room); err != nil {
				return err
			}
			if r == (history.Retention{Operator: operator}) {
				return usage("say what is to be kept: --pictures, --thumbnails, --verdicts or --size")
			}
			s, err := history.Open(database(db))
			if err != nil {
				return locked(err)
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			tombs, err := s.Retain(cmd.Context(), r)
			for _, t := range tombs {
				fmt.Fprintf(p.Stdout, "%s up to verdict %d removed: %s\n", t.What, t.Through, t.Reason)
			}
			if err == nil && len(tombs) == 0 {
				p.note("nothing to remove")
			}
			return err
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&files, "pictures", "", "keep full pictures and maps for `AGE`, such as 30d")
	fs.StringVar(&thumbnails, "thumbnails", "", "keep small pictures for `AGE`")
	fs.StringVar(&verdicts, "verdicts", "", "keep verdicts for `AGE`")
	fs.StringVar(&room, "size", "", "keep at most `SIZE`, such as 500MB or 20GB")
	fs.StringVar(&operator, "operator", "", "`NAME` of who removes it")
	addDatabase(fs, &db)
	return cmd
}

// age reads a time span as people write it; "" is none.
func age(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, usage("--%s is %q: write 30d or 12h", flag, text)
}

// bytesOf reads a size as people write it; "" is none.
func bytesOf(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, u := range []struct {
		unit string
		size float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}} {
		number, ok := strings.CutSuffix(strings.ToUpper(text), u.unit)
		if f, err := strconv.ParseFloat(strings.TrimSpace(number), 64); ok && err == nil && f > 0 && f*u.size < 1e18 {
			return int64(f * u.size), nil
		}
	}
	return 0, usage("--%s is %q: write 500MB or 20GB", flag, text)
}
