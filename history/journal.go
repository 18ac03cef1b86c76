package history

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// journal is the file NAME.pending beside the history: what the database would
// not take is kept there until it does. It is only ever appended to; each entry
// has a checksum and is synced before anybody is told. Room for it is reserved
// while there is some, so that a full disk does not stop it, too.
//
// The file is a header (magic, generation) and entries (length, generation,
// checksum, verdicts or an event). Emptying it raises the generation, in one small write, so
// entries of before are none from then on.
type journal struct {
	f    *os.File
	path string
	gen  uint64
	end  int64

	waiting atomic.Int64 // records and events in it
	ids     []int64      // of the records
	last    int64        // the highest of them
	lastRun int64        // the highest of a run that begins in it

	verdictsOnly bool // an older program wrote it: entries are bare records
}

// entry is what is appended at once: verdicts, or one event.
type entry struct {
	Records []*Record
	Event   *event
}

const (
	journalMagic  = "AGURJRN\x02"
	olderJournal  = "AGURJRN\x01" // for verdicts only
	journalHeader = 16
	entryHeader   = 16
	// journalReserve holds some two thousand verdicts with small pictures.
	journalReserve = 8 << 20
	// maxEntry bounds one entry before it is read.
	maxEntry = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errJournal means that the journal is not one of ours.
var errJournal = errors.New("it is no journal of a history")

// openJournal opens the journal at path, making it where there is none.
func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f, path: path, end: journalHeader}
	if err := j.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), f.Close())
	}
	return j, nil
}

func (j *journal) open() error {
	head := make([]byte, journalHeader)
	switch n, err := j.f.ReadAt(head, 0); {
	case n == 0 && err == io.EOF, err == nil && bytes.Equal(head, make([]byte, journalHeader)):
		j.reserve()
		return j.reset()
	case err != nil && err != io.EOF:
		return err
	case n < journalHeader || !j.written(head):
		return errJournal
	}
	return j.each(func(e entry) error {
		j.count(e)
		return nil
	})
}

// written reads the header; it returns false where it is none of ours.
func (j *journal) written(head []byte) bool {
	j.gen, j.verdictsOnly = binary.LittleEndian.Uint64(head[8:]), string(head[:8]) == olderJournal
	return j.verdictsOnly || string(head[:8]) == journalMagic
}

// count notes that e is in the journal.
func (j *journal) count(e entry) {
	j.waiting.Add(int64(len(e.Records)))
	for _, r := range e.Records {
		j.ids, j.last = append(j.ids, r.ID), max(j.last, r.ID)
	}
	if e.Event != nil {
		j.waiting.Add(1)
		if e.Event.Start != nil {
			j.lastRun = max(j.lastRun, e.Event.Start.ID)
		}
	}
}

// each reads the entries in order and leaves end behind the last whole one.
// What comes after it was never acknowledged.
func (j *journal) each(fn func(entry) error) error {
	j.end = journalHeader
	head := make([]byte, entryHeader)
	for {
		if _, err := j.f.ReadAt(head, j.end); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		size, gen := int64(binary.LittleEndian.Uint32(head)), binary.LittleEndian.Uint64(head[4:])
		if size == 0 || size > maxEntry || gen != j.gen {
			return nil
		}
		info, err := j.f.Stat()
		if err != nil {
			return err
		}
		if j.end+entryHeader+size > info.Size() {
			return nil
		}
		body := make([]byte, size)
		if _, err := j.f.ReadAt(body, j.end+entryHeader); err != nil {
			return err
		}
		if checksum(head[:12], body) != binary.LittleEndian.Uint32(head[12:]) {
			return nil
		}
		var e entry
		into := any(&e)
		if j.verdictsOnly {
			into = &e.Records
		}
		if err := gob.NewDecoder(bytes.NewReader(body)).Decode(into); err != nil {
			return fmt.Errorf("entry at %d: %w", j.end, err)
		}
		if err := fn(e); err != nil {
			return err
		}
		j.end += entryHeader + size
	}
}

func checksum(parts ...[]byte) uint32 {
	var sum uint32
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	return sum
}

// append keeps e durably. After an error nothing of it is in the journal.
func (j *journal) append(e entry) error {
	if j.verdictsOnly {
		return fmt.Errorf("journal %s: what an older program has left in it must go to the database first", j.path)
	}
	var b bytes.Buffer
	b.Write(make([]byte, entryHeader))
	if err := gob.NewEncoder(&b).Encode(e); err != nil {
		return err
	}
	written := b.Bytes()
	size := len(written) - entryHeader
	if size > maxEntry {
		return fmt.Errorf("%d records take %d bytes, more than %d", len(e.Records), size, maxEntry)
	}
	binary.LittleEndian.PutUint32(written, uint32(size))
	binary.LittleEndian.PutUint64(written[4:], j.gen)
	binary.LittleEndian.PutUint32(written[12:], checksum(written[:12], written[entryHeader:]))
	_, err := j.f.WriteAt(written, j.end)
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		// It might be whole on the disk although nobody is told: cross it out.
		_, _ = j.f.WriteAt(make([]byte, entryHeader), j.end)
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	j.end += int64(len(written))
	j.count(e)
	return nil
}

// reset empties the journal.
func (j *journal) reset() error {
	head := binary.LittleEndian.AppendUint64([]byte(journalMagic), j.gen+1)
	_, err := j.f.WriteAt(head, 0)
	if err = errors.Join(err, j.f.Sync()); err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	j.gen, j.end, j.last, j.lastRun, j.ids, j.verdictsOnly = j.gen+1, journalHeader, 0, 0, nil, false
	j.waiting.Store(0)
	return nil
}

// close closes the journal; an empty one leaves no file behind.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	if j.waiting.Load() > 0 {
		return j.f.Close()
	}
	return errors.Join(j.f.Close(), os.Remove(j.path))
}

// pending returns the path of the journal of the history at path.
func pending(path string) string { return path + ".pending" }

// Waiting returns how many verdicts, and things said of them, wait in the journal
// for the database to take them, as far as can be told from outside while somebody writes.
func (s *Store) Waiting() (n int, err error) {
	err = s.reading("read the journal of", func() error {
		f, err := os.Open(pending(s.in().path))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		head := make([]byte, journalHeader)
		j := &journal{f: f}
		if n, err := f.ReadAt(head, 0); n < journalHeader || !j.written(head) {
			if err != nil && err != io.EOF {
				return err
			}
			return nil // just being made
		}
		err = j.each(func(e entry) error {
			j.count(e)
			return nil
		})
		n = int(j.waiting.Load())
		return err
	})
	return n, err
}
