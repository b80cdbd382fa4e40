package msgpack

import (
	"encoding/binary"
	"fmt"
)

// The forms of the only extension there is here, the timestamp (the spec's "Timestamp extension type").
const (
	timestamp = 0xff // its type, -1

	fixext4, fixext8, ext8 = 0xd6, 0xd7, 0xc7

	longTimestamp = 12 // bytes: nanoseconds, then seconds
)

func isExtension(b byte) bool { return b >= 0xc7 && b <= 0xc9 || b >= 0xd4 && b <= 0xd8 }

// extension checks the extension that data begins with. The decoder would take the first bytes of any extension for the
// head of a map, whose length it takes at its word; those of a timestamp of 12 bytes cannot be one.
func (s *scan) extension(data []byte) error {
	switch {
	case (data[0] == fixext4 || data[0] == fixext8) && data[1] == timestamp:
		s.short = append(s.short, s.size-len(data))
		return nil
	case data[0] == ext8 && data[1] == longTimestamp && data[2] == timestamp:
		if nanoseconds := binary.BigEndian.Uint32(data[3:]); nanoseconds < 1e9 {
			return nil
		}
	}
	return fmt.Errorf("an extension that is no timestamp begins with bytes %#x", data[:2])
}

// lengthen gives every timestamp the form of 12 bytes.
func (s *scan) lengthen(data []byte) []byte {
	if len(s.short) == 0 {
		return data
	}
	out := make([]byte, 0, len(data)+len(s.short)*9)
	done := 0
	for _, at := range s.short {
		out = append(out, data[done:at]...)
		seconds, nanoseconds := uint64(binary.BigEndian.Uint32(data[at+2:])), uint32(0)
		done = at + 6
		if data[at] == fixext8 {
			both := binary.BigEndian.Uint64(data[at+2:])
			seconds, nanoseconds = both&(1<<34-1), uint32(both>>34)
			done = at + 10
		}
		out = append(out, ext8, longTimestamp, timestamp)
		out = binary.BigEndian.AppendUint32(out, min(nanoseconds, 1e9-1))
		out = binary.BigEndian.AppendUint64(out, seconds)
	}
	return append(out, data[done:]...)
}
