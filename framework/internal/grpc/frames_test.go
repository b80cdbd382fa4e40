package grpc

import (
	"bytes"
	"slices"
	"testing"

	"golang.org/x/net/http2"
)

// FuzzFrames: the frames are those that HTTP/2's own library finds, wherever the bytes are cut.
func FuzzFrames(f *testing.F) {
	var seed bytes.Buffer
	w := http2.NewFramer(&seed, nil)
	_ = w.WriteSettings()                        // to a buffer
	_ = w.WriteData(1, true, []byte("hello"))    // as above
	_ = w.WriteRSTStream(1, http2.ErrCodeCancel) // as above
	_ = w.WritePing(false, [8]byte{})            // as above
	f.Add(seed.Bytes(), 1)
	f.Add(seed.Bytes(), 10)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		find := func(step int) (out []frame) {
			var s frames
			for rest := range slices.Chunk(data, step) {
				s.each(rest, func(f frame) bool { out = append(out, f); return true })
			}
			return out
		}
		whole := find(max(1, len(data)))
		if parts := find(max(1, cut)); !slices.Equal(whole, parts) {
			t.Fatalf("whole %v, in parts of %d %v", whole, cut, parts)
		}
		reader := http2.NewFramer(nil, bytes.NewReader(data))
		reader.SetMaxReadFrameSize(1<<24 - 1)
		for i := 0; ; i++ {
			theirs, err := reader.ReadFrame()
			if err != nil {
				return // it looks into frames, too
			}
			h := theirs.Header()
			want := frame{length: int(h.Length), kind: byte(h.Type), flags: byte(h.Flags), stream: h.StreamID}
			if reset, ok := theirs.(*http2.RSTStreamFrame); ok {
				want.code = uint32(reset.ErrCode)
			}
			if i >= len(whole) || whole[i] != want {
				t.Fatalf("frame %d of %v should be %v", i, whole, want)
			}
		}
	})
}
