package anomaly

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"agurscope/nn"
	"agurscope/nn/defect"
	"agurscope/nn/mgan"
	"agurscope/nn/optim"
	"agurscope/nn/ssdae"
)

// checkpoint is a training's whole state. The order of batches follows from
// seed and step, so no generator's state is needed.
type checkpoint struct {
	Network  Network
	Seed     uint64
	Batch    int
	Rate     float64
	Manifest string
	Mix      defect.Mix
	Jitter   defect.Jitter
	Replay   float64

	Step       int
	Elapsed    time.Duration
	Params     [][]float32
	Denoiser   ssdae.Acceptance
	Game       *mgan.State
	M, V, Avg  [][]float32
	AdamSteps  int
	AvgSteps   int
	LossRecent []float64
	HeldLosses []float64
	Replayed   replay

	Optimisers []optim.AdamW // of another method
}

// ErrCheckpoint is wrapped when a checkpoint cannot be continued from.
var ErrCheckpoint = errors.New("checkpoint does not fit")

// save writes the checkpoint, if one was asked for: to a temporary file,
// synced and renamed, with its hash in front.
func (t *trainer) save() error {
	if t.o.Checkpoint == "" || t.step == 0 {
		return nil
	}
	c := checkpoint{
		Network: t.m.Network, Seed: t.o.Seed, Batch: t.o.Batch, Rate: t.o.Rate, Manifest: t.o.Manifest, Mix: t.o.Mix, Jitter: t.o.Jitter, Replay: t.o.Replay,
		Step: t.step, Elapsed: t.elapsed(), Params: snapshot(kept(t.m.Params)), Denoiser: t.m.Denoiser,
		Game: t.played, M: t.adam.M, V: t.adam.V, AdamSteps: t.adam.Steps, Avg: t.ema.Avg, AvgSteps: t.ema.Steps, LossRecent: t.recent, HeldLosses: t.plateau.Losses, Replayed: t.replay,
	}
	if t.game != nil {
		s := t.game.State()
		c.Game = &s
	}
	return c.write(t.o.Checkpoint)
}

// write writes the file.
func (c *checkpoint) write(path string) error {
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(c); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	sum := sha256.Sum256(buf.Bytes())
	if err := writeFile(path, append(sum[:], buf.Bytes()...)); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	return nil
}

// readCheckpoint reads the file; nil where there is none.
func readCheckpoint(path string) (*checkpoint, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	if len(raw) < sha256.Size || sha256.Sum256(raw[sha256.Size:]) != [sha256.Size]byte(raw[:sha256.Size]) {
		return nil, refuseCheckpoint(path, "the file is damaged")
	}
	c := &checkpoint{}
	if err := gob.NewDecoder(bytes.NewReader(raw[sha256.Size:])).Decode(c); err != nil {
		return nil, refuseCheckpoint(path, "the file is from another version")
	}
	return c, nil
}

func refuseCheckpoint(path, why string) error {
	return fmt.Errorf("resume from %s: %w: %s; train without --resume to start anew", path, ErrCheckpoint, why)
}

// restore continues from the checkpoint file. A missing file is a fresh start.
func (t *trainer) restore() (bool, error) {
	c, err := readCheckpoint(t.o.Checkpoint)
	if c == nil || err != nil {
		return false, err
	}
	refuse := func(why string) (bool, error) { return false, refuseCheckpoint(t.o.Checkpoint, why) }
	switch {
	case c.Network != t.m.Network:
		return refuse("it is for another network or input size")
	case c.Seed != t.o.Seed || c.Batch != t.o.Batch || c.Rate != t.o.Rate:
		return refuse("seed, batch or learning rate differ")
	case c.Mix != t.o.Mix || c.Jitter != t.o.Jitter || c.Replay != t.o.Replay:
		return refuse("the damage to train on differs")
	case c.Manifest != t.o.Manifest:
		return refuse("the training images have changed")
	case !fits(c.Params, t.m.Params.All) || !fits(c.M, t.all) || !fits(c.V, t.all) || !fits(c.Avg, t.all):
		return refuse("it is from another version")
	}
	for i, p := range t.m.Params.All {
		copy(p.Data(), c.Params[i])
	}
	t.m.Denoiser, t.played = c.Denoiser, c.Game
	t.adam.M, t.adam.V, t.adam.Steps = c.M, c.V, c.AdamSteps
	t.ema.Avg, t.ema.Steps = c.Avg, c.AvgSteps
	t.step, t.before, t.recent = c.Step, c.Elapsed, c.LossRecent
	t.plateau.Losses, t.replay = c.HeldLosses, c.Replayed
	return true, nil
}

func snapshot(ps []*nn.Param) (out [][]float32) {
	for _, p := range ps {
		out = append(out, slices.Clone(p.Data()))
	}
	return out
}

// fits reports whether values are of the shape of the parameters.
func fits(values [][]float32, ps []*nn.Param) bool {
	return slices.EqualFunc(values, ps, func(v []float32, p *nn.Param) bool { return len(v) == len(p.Data()) })
}

// writeFile replaces path in one step: whoever looks sees the old content or
// the new, also after a power cut.
func writeFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil {
		defer d.Close()
		return d.Sync()
	}
	return nil
}
