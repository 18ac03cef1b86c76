package history

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// maxEmbedding bounds the length of one embedding; ours have a few hundred.
const maxEmbedding = 1 << 16

const insertEmbedding = `INSERT INTO embeddings (verdict, vector) VALUES (?, ?)`

func validateEmbedding(v []float32) error {
	if len(v) > maxEmbedding {
		return fmt.Errorf("the embedding has %d numbers, more than %d", len(v), maxEmbedding)
	}
	for i, f := range v {
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			return fmt.Errorf("number %d of the embedding is %v", i, f)
		}
	}
	return nil
}

func (w *writer) insertEmbedding(ctx context.Context, id int64, v []float32) error {
	if len(v) == 0 {
		return nil
	}
	_, err := w.embedding.ExecContext(ctx, id, encodeVector(v))
	return err
}

// embedding returns the vector of the record id, nil where it has none.
func (s *Store) embedding(ctx context.Context, id int64) ([]float32, error) {
	var data []byte
	err := s.reading("read embedding from", func() error {
		err := s.in().readers.QueryRowContext(ctx, "SELECT vector FROM embeddings WHERE verdict = ?", id).Scan(&data)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	return decodeVector(data), nil
}

// encodeVector lays v out as little-endian float32.
func encodeVector(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, f := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(f))
	}
	return out
}

// decodeVector is the inverse of encodeVector; nil for no bytes.
func decodeVector(data []byte) []float32 {
	if len(data) == 0 {
		return nil
	}
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}
