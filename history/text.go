package history

import (
	"bytes"
	"slices"
	"strings"
)

// lower makes small letters of ASCII's capitals, as SQLite's LIKE does.
func lower(s string) string { return string(appendLower(nil, s)) }

func appendLower(b []byte, s string) []byte {
	at := len(b)
	b = append(b, s...)
	for i, c := range b[at:] {
		if 'A' <= c && c <= 'Z' {
			b[at+i] = c + 'a' - 'A'
		}
	}
	return b
}

// word is one that must occur in a record.
type word struct {
	text   []byte
	shared []bool   // by class: it occurs in what the class says
	begins []bool   // by class: the folder ends with the word up to its last slash,
	rest   []byte   // and the file must begin with this
	own    []uint64 // bit set by row: it occurs in what the record alone says
	said   map[int64]bool
}

func (c *columns) words(text string) []word {
	var out []word
	for _, t := range strings.Fields(text) {
		w := word{text: appendLower(nil, t), shared: make([]bool, len(c.classes)), own: make([]uint64, len(c.ids)/64+1), said: map[int64]bool{}}
		if bytes.IndexByte(w.text, 0) >= 0 {
			out = append(out, w) // no stored text has zero bytes
			continue
		}
		t = string(w.text)
		head, rest, slash := "", "", strings.LastIndexByte(t, '/')
		if slash >= 0 {
			head, rest = t[:slash+1], t[slash+1:]
			w.begins, w.rest = make([]bool, len(c.classes)), []byte(rest)
		}
		all := len(c.classes) > 0
		for i := range c.classes {
			k := &c.classes[i]
			folder := lower(k.folder)
			w.shared[i] = strings.Contains(folder, t) || strings.Contains(lower(k.label), t) || strings.Contains(lower(k.kind), t) || strings.Contains(lower(k.fault), t)
			if slash >= 0 {
				w.begins[i] = strings.HasSuffix(folder, head)
			}
			all = all && w.shared[i]
		}
		if !all {
			c.mark(&w)
			for id, texts := range c.said {
				if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, t) }) {
					w.said[id] = true
				}
			}
		}
		out = append(out, w)
	}
	return out
}

// mark sets the bit of every row whose own text holds the word. A word has no
// zero byte, so it lies within one row.
func (c *columns) mark(w *word) {
	want := traceOf(w.text)
	for b := range c.traces {
		if !c.traces[b].holds(want) {
			continue
		}
		row := b * block
		last := min(row+block, len(c.ids))
		for at, end := int(c.at[row]), int(c.at[last]); at < end; {
			n := bytes.Index(c.text[at:end], w.text)
			if n < 0 {
				break
			}
			for at += n; int(c.at[row+1]) <= at; {
				row++
			}
			w.own[row/64] |= 1 << (row % 64)
			at = int(c.at[row+1])
		}
	}
}

// block is how many records share a trace.
const block = 512

// trace has a bit for every three letters that occur, several sharing one: where
// a bit of a word is missing, the word is not there.
type trace [64]uint64

func (t *trace) add(a, b, c byte) {
	h := (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 2654435761 >> 20
	t[h/64] |= 1 << (h % 64)
}

func traceOf(text []byte) *trace {
	var t trace
	for i := 2; i < len(text); i++ {
		t.add(text[i-2], text[i-1], text[i])
	}
	return &t
}

func (t *trace) holds(want *trace) bool {
	for i, w := range want {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}

// leave adds the text of the next record to the trace of its block. len(c.ids)
// counts it already.
func (c *columns) leave(text []byte) {
	if b := (len(c.ids) - 1) / block; b == len(c.traces) {
		c.traces = append(c.traces, trace{})
	}
	t := &c.traces[len(c.traces)-1]
	for i := 2; i < len(text); i++ {
		t.add(text[i-2], text[i-1], text[i])
	}
}

func (w *word) in(c *columns, row int) bool {
	k := c.class[row]
	return w.shared[k] || w.own[row/64]&(1<<(row%64)) != 0 ||
		w.begins != nil && w.begins[k] && bytes.HasPrefix(c.text[c.at[row]:], w.rest) ||
		len(w.said) > 0 && w.said[c.ids[row]]
}
