package mdns

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

const textPiece = 255 // bytes of one string of a TXT record

// Texts makes the strings of TXT records. The zero value is ready; it is safe for concurrent use.
type Texts struct {
	writers sync.Pool // of *zlib.Writer, which are large
}

// Encode turns data into the strings of a TXT record: zlib, hexadecimal, cut (docs/wire.md §5.2).
func (t *Texts) Encode(data []byte) ([]string, error) {
	var packed bytes.Buffer
	w, _ := t.writers.Get().(*zlib.Writer)
	if w == nil {
		w = zlib.NewWriter(&packed)
	} else {
		w.Reset(&packed)
	}
	defer t.writers.Put(w)
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	text := hex.EncodeToString(packed.Bytes())
	var pieces []string
	for len(text) > textPiece {
		pieces = append(pieces, text[:textPiece])
		text = text[textPiece:]
	}
	return append(pieces, text), nil
}

// DecodeText is the data in the strings of a TXT record. It fails if that is more than most bytes, or so much more than
// its text that no record of a service is.
func DecodeText(text []string, most int) ([]byte, error) {
	packed, err := hex.DecodeString(strings.Join(text, ""))
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	if bound := inflation*len(packed) + 4<<10; most < 0 || bound < most {
		most = bound
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	if len(data) > most {
		return nil, fmt.Errorf("text: %w: more than %d bytes", errTooBig, most)
	}
	return data, nil
}

const inflation = 64 // times the compressed text; true records have 8 to 30

var errTooBig = errors.New("too big")
