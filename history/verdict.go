package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"time"
)

// Verdict is the decision on one part. Only an inspected part can be OK; what
// could not be inspected is ERROR.
type Verdict string

// The four verdicts.
const (
	OK     Verdict = "OK"
	REVIEW Verdict = "REVIEW"
	NG     Verdict = "NG"
	ERROR  Verdict = "ERROR"
)

// valid reports whether v is one of the four.
func (v Verdict) valid() bool { return slices.Contains([]Verdict{OK, REVIEW, NG, ERROR}, v) }

// Region is one connected anomaly: its box and area in pixels of the inspected
// image, its highest and mean anomaly value, and whether it is bright, dark or mixed.
type Region struct {
	X        int     `json:"x"`
	Y        int     `json:"y"`
	W        int     `json:"w"`
	H        int     `json:"h"`
	Area     int     `json:"area"`
	Peak     float64 `json:"peak"`
	Mean     float64 `json:"mean"`
	Polarity string  `json:"polarity"`
}

// Record is the verdict on one part with everything that led to it, and the
// newest opinion a person has put beside it.
type Record struct {
	ID   int64     // given by Add; rises with every record
	Run  int64     // the Run it belongs to
	Seq  uint64    // number of the frame in its source
	Time time.Time // UTC; the present for zero
	Path string    // of the image, byte for byte
	Name string    // for people; the last element of Path for ""
	Part string    // which part it was, where the line tells: a serial number

	Label, Type string // the truth, where the set tells it: good or defective, and of which type

	Verdict                   Verdict // the machine's answer, for ever
	Score                     float64 // higher is worse; NaN for ERROR
	Index                     float64 // 0..100, 50 at the threshold; NaN: unknown
	Low, High, Review, Reject float64 // thresholds in force; NaN: none
	Mode                      string  // of the double threshold
	MinArea                   int     // smallest region in pixels of the map; 0: the default of its size
	Regions                   []Region
	Latency                   time.Duration // from frame to verdict
	Stages                    Stages        // what of it was spent on what
	Error                     string        // why it is ERROR, or REVIEW whatever its score
	Operator                  string        // who was at the station; "" where nobody was signed in

	Recipe, RecipeSHA256 string
	ThumbnailSHA256      string    // hex; given by Add where there is a Thumbnail
	Thumbnail            []byte    // an encoded picture; read back by Store.Verdict only
	Embedding            []float32 // deep features; read back by Store.Verdict only

	// The picture as it was inspected and the maps that came of it, where they
	// are to be kept: files beside the database, named by their content.
	ImageSHA256, MapsSHA256 string // hex; given by Add
	Image, Maps             []byte // read back by Store.File only
	imageSize, mapsSize     int    // in bytes, where they come from the journal

	Reviewed   Verdict   // the newest override; "" for none
	Reviewer   string    // who overrode
	Reason     string    // and why
	ReviewedAt time.Time // and when, UTC
}

// Final returns what counts: the newest override, or else the machine's answer.
func (r Record) Final() Verdict {
	if r.Reviewed != "" {
		return r.Reviewed
	}
	return r.Verdict
}

// Add stores records, all or none, and sets their IDs. When it returns nil they
// are on the disk. If ctx ends before the commit begins, none of them is stored
// and the error of ctx is returned. Add also completes the records (Time, Name,
// ThumbnailSHA256) and takes the score from an ERROR; it refuses what no
// inspection can have produced, such as a score that is not a number.
func (s *Store) Add(ctx context.Context, records ...*Record) error {
	if err := s.complete(records); err != nil {
		return err
	}
	return s.store(ctx, records)
}

// complete fills in what the caller left out and refuses what cannot be stored.
func (s *Store) complete(records []*Record) error {
	for _, r := range records {
		r.Time = s.stamp(r.Time)
		if r.Name == "" && r.Path != "" {
			r.Name = filepath.Base(r.Path)
		}
		if r.Verdict == ERROR {
			r.Score, r.Index = math.NaN(), math.NaN()
		}
		if err := errors.Join(r.hashThumbnail(), r.hashFiles()); err != nil {
			return fmt.Errorf("record verdict on %q: %w", r.Path, err)
		}
		r.clean()
		if err := r.validate(); err != nil {
			return fmt.Errorf("record verdict on %q: %w", r.Path, err)
		}
	}
	return nil
}

func (r *Record) validate() error {
	switch {
	case r.ID != 0:
		return fmt.Errorf("it is stored already, as %d", r.ID)
	case !r.Verdict.valid():
		return fmt.Errorf("no verdict is called %q", r.Verdict)
	case r.Verdict != ERROR && math.IsNaN(r.Score):
		return errors.New("the score is not a number, so the verdict can only be ERROR")
	case r.Index < 0 || r.Index > 100:
		return fmt.Errorf("the index %v is outside 0..100", r.Index)
	case r.Seq > math.MaxInt64:
		return fmt.Errorf("the sequence number %d is too large", r.Seq)
	case r.Latency < 0:
		return fmt.Errorf("the latency %v is negative", r.Latency)
	case r.MinArea < 0:
		return fmt.Errorf("the smallest area %d is negative", r.MinArea)
	case r.Reviewed != "":
		return errors.New("a new verdict cannot be overridden yet")
	}
	if y := r.Time.Year(); y < 1970 || y > 9999 {
		return fmt.Errorf("the year %d is none", y)
	}
	if err := finite("score and thresholds", r.Score, r.Low, r.High, r.Review, r.Reject); err != nil {
		return err
	}
	for i, g := range r.Regions {
		if err := g.validate(); err != nil {
			return fmt.Errorf("region %d: %w", i+1, err)
		}
	}
	if err := r.Stages.validate(); err != nil {
		return err
	}
	return validateEmbedding(r.Embedding)
}

func (g Region) validate() error {
	if g.W < 0 || g.H < 0 || g.Area < 0 {
		return fmt.Errorf("a size of %d x %d with area %d is none", g.W, g.H, g.Area)
	}
	if math.IsNaN(g.Peak) || math.IsNaN(g.Mean) {
		return errors.New("its anomaly value is not a number")
	}
	return finite("its anomaly values", g.Peak, g.Mean)
}

const (
	insertVerdict = `INSERT INTO verdicts (id, run, seq, time, path, name, label, type, verdict, score, idx,
		low, high, review, reject, mode, regions, latency, error, recipe, recipe_sha256, thumbnail_sha256,
		part, operator, stages, min_area, image_sha256, maps_sha256)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertRegion = `INSERT INTO regions (verdict, n, x, y, w, h, area, peak, mean, polarity)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// store writes completed records in one transaction. The IDs are set once they
// are true.
func (s *Store) store(ctx context.Context, records []*Record) error {
	if len(records) == 0 {
		return nil
	}
	s.keeping.RLock()
	defer s.keeping.RUnlock()
	if err := s.keepFiles(records); err != nil {
		return storage("keep pictures beside", s.in().path, err)
	}
	err := s.writing(ctx, "record verdict in", func(steady context.Context, w *writer) error {
		if w.journal.waiting.Load() > 0 {
			return ErrWaiting
		}
		for _, r := range records {
			if err := ctx.Err(); err != nil {
				return err
			}
			r.ID, r.Run = w.next, s.run(r.Run)
			w.next++
			err := w.insert(steady, r)
			if isForeignKey(err) {
				err = ErrNotFound // the run; nothing else is referred to
			}
			if err != nil {
				return fmt.Errorf("%q of run %d: %w", r.Path, r.Run, err)
			}
		}
		return nil
	})
	if err != nil { // the IDs are set only where they are true
		for _, r := range records {
			r.ID = 0
		}
	} else if a := s.in().away; a != nil {
		a.held.Add(int64(len(records)))
	}
	return err
}

// insert stores r under its ID.
func (w *writer) insert(ctx context.Context, r *Record) error {
	_, err := w.verdict.ExecContext(ctx, r.ID, r.Run, int64(r.Seq), micros(r.Time), r.Path, r.Name,
		r.Label, r.Type, string(r.Verdict), measured(r.Score), measured(r.Index),
		measured(r.Low), measured(r.High), measured(r.Review), measured(r.Reject), r.Mode, len(r.Regions),
		int64(r.Latency), r.Error, r.Recipe, r.RecipeSHA256, optional(r.ThumbnailSHA256),
		r.Part, r.Operator, r.Stages.String(), r.MinArea, optional(r.ImageSHA256), optional(r.MapsSHA256))
	if err != nil {
		return err
	}
	for n, g := range r.Regions {
		_, err := w.region.ExecContext(ctx, r.ID, n, g.X, g.Y, g.W, g.H, g.Area, g.Peak, g.Mean, g.Polarity)
		if err != nil {
			return err
		}
	}
	if err := w.insertThumbnail(ctx, r); err != nil {
		return err
	}
	if err := w.insertFiles(ctx, r); err != nil {
		return err
	}
	if err := w.insertEmbedding(ctx, r.ID, r.Embedding); err != nil {
		return err
	}
	w.runs[r.Run] = true
	return w.chain(ctx, linkVerdict, r.ID, r.ID, r.content())
}

// clean takes from the texts of r what the file cannot hold, so that r says
// what will be read back. Slices that the caller may share are copied first.
func (r *Record) clean() {
	for _, s := range []*string{&r.Path, &r.Name, &r.Part, &r.Label, &r.Type, &r.Mode, &r.Error, &r.Operator, &r.Recipe, &r.RecipeSHA256} {
		*s = text(*s)
	}
	for i := range r.Regions {
		if p := text(r.Regions[i].Polarity); p != r.Regions[i].Polarity {
			r.Regions = slices.Clone(r.Regions)
			r.Regions[i].Polarity = p
		}
	}
}

// optional returns s for SQLite, nil for "".
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// recordColumns names what scanRecord reads, from verdicts v and overrides o.
const recordColumns = verdictColumns + `, o.reviewed, o.reviewer, o.reason, o.time`

const verdictColumns = `v.id, v.run, v.seq, v.time, v.path, v.name, v.label, v.type, v.verdict, v.score, v.idx,
	v.low, v.high, v.review, v.reject, v.mode, v.regions, v.latency, v.error, v.recipe, v.recipe_sha256,
	v.thumbnail_sha256, v.part, v.operator, v.stages, v.min_area, v.image_sha256, v.maps_sha256`

// newestOverride joins the last opinion on each verdict.
const newestOverride = ` LEFT JOIN overrides o ON o.id = (SELECT max(id) FROM overrides WHERE verdict = v.id)`

func scanRecord(row scanner) (r Record, regions int, err error) {
	var seq, at, latency int64
	var score, index, low, high, review, reject sql.NullFloat64
	var thumbnail, image, maps, reviewed, reviewer, reason sql.NullString
	var stages string
	var reviewedAt sql.NullInt64
	err = row.Scan(&r.ID, &r.Run, &seq, &at, &r.Path, &r.Name, &r.Label, &r.Type, &r.Verdict, &score, &index,
		&low, &high, &review, &reject, &r.Mode, &regions, &latency, &r.Error, &r.Recipe, &r.RecipeSHA256,
		&thumbnail, &r.Part, &r.Operator, &stages, &r.MinArea, &image, &maps, &reviewed, &reviewer, &reason, &reviewedAt)
	if err != nil {
		return Record{}, 0, err
	}
	r.Seq, r.Time, r.Latency = uint64(seq), fromMicros(at), time.Duration(latency)
	r.Score, r.Index = number(score), number(index)
	r.Low, r.High, r.Review, r.Reject = number(low), number(high), number(review), number(reject)
	r.ThumbnailSHA256, r.ImageSHA256, r.MapsSHA256 = thumbnail.String, image.String, maps.String
	r.Stages = parseStages(stages)
	r.Reviewed, r.Reviewer, r.Reason = Verdict(reviewed.String), reviewer.String, reason.String
	if reviewedAt.Valid {
		r.ReviewedAt = fromMicros(reviewedAt.Int64)
	}
	return r, regions, nil
}

// Verdicts yields the records that f chooses, as they were at one moment, with
// their regions and newest override but without Thumbnail and Embedding. After
// an error it yields nothing more.
func (s *Store) Verdicts(ctx context.Context, f Filter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		err := s.reading("read history", func() error { return s.each(ctx, f, yield) })
		if err != nil {
			yield(Record{}, cancelled(ctx, err))
		}
	}
}

// each is the body of Verdicts. One transaction keeps rows and regions together.
func (s *Store) each(ctx context.Context, f Filter, yield func(Record, error) bool) error {
	query, args, err := f.query()
	if err != nil {
		return err
	}
	tx, err := s.in().readers.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	regions, err := tx.PrepareContext(ctx, selectRegions)
	if err != nil {
		return err
	}
	defer regions.Close()
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, n, err := scanRecord(rows)
		if err == nil && n > 0 {
			r.Regions, err = readRegions(ctx, regions, r.ID)
		}
		if err != nil {
			return err
		}
		if !yield(r, nil) {
			return nil
		}
	}
	return rows.Err()
}

const selectRegions = `SELECT x, y, w, h, area, peak, mean, polarity FROM regions WHERE verdict = ? ORDER BY n`

func readRegions(ctx context.Context, stmt *sql.Stmt, id int64) ([]Region, error) {
	rows, err := stmt.QueryContext(ctx, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Region
	for rows.Next() {
		var g Region
		if err := rows.Scan(&g.X, &g.Y, &g.W, &g.H, &g.Area, &g.Peak, &g.Mean, &g.Polarity); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, rows.Err()
}

// Verdict returns one record, complete with Thumbnail (where it is still kept)
// and Embedding.
func (s *Store) Verdict(ctx context.Context, id int64) (Record, error) {
	r := Record{}
	id = s.verdict(id)
	for found, err := range s.Verdicts(ctx, Filter{id: id, Limit: 1}) {
		if err != nil {
			return Record{}, err
		}
		r = found
	}
	if r.ID == 0 {
		return Record{}, fmt.Errorf("verdict %d: %w", id, ErrNotFound)
	}
	var err error
	if r.ThumbnailSHA256 != "" {
		if r.Thumbnail, err = s.Thumbnail(ctx, r.ThumbnailSHA256); err != nil && !errors.Is(err, ErrNotFound) {
			return Record{}, err
		}
	}
	r.Embedding, err = s.embedding(ctx, id)
	return r, err
}

// Count returns how many records f chooses, whatever its Limit and Offset.
func (s *Store) Count(ctx context.Context, f Filter) (int, error) {
	n := 0
	err := s.reading("read history", func() error {
		c, err := f.conditions()
		if err != nil {
			return err
		}
		return s.in().readers.QueryRowContext(ctx, "SELECT count(*) FROM verdicts v"+c.where(), c.args...).Scan(&n)
	})
	return n, cancelled(ctx, err)
}
