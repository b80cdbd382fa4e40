package grpc

import "encoding/binary"

// What HTTP/2 connections are made of (RFC 9113 §4.1, §6).
const (
	clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	frameHead = 9 // length, kind, flags, stream
	resetCode = 4 // bytes in a frame of the kind RST_STREAM

	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameWindowUpdate = 0x8

	flagEnd = 0x1 // of HEADERS and DATA
	flagAck = 0x1 // of SETTINGS
)

// Codes of a reset (RFC 9113 §7).
const (
	codeNone      = 0x0
	codeInternal  = 0x2
	codeFrameSize = 0x6 // also what gRPC says of headers over the limit
	codeCancel    = 0x8
)

// blames says whether a server resets a stream for what the peer did.
func blames(code uint32) bool {
	return code != codeNone && code != codeInternal && code != codeCancel
}

// frame is what is looked at of one.
type frame struct {
	length int
	kind   byte
	flags  byte
	stream uint32
	code   uint32 // of RST_STREAM
}

// frames finds the frames in one direction of a connection, however it is cut.
type frames struct {
	skip int // bytes that are no frame's head
	head [frameHead + resetCode]byte
	have int
}

// each calls visit for the frames that begin in data, or whose beginning ends there, until it says false.
func (s *frames) each(data []byte, visit func(frame) bool) bool {
	for len(data) > 0 {
		if s.skip > 0 {
			n := min(s.skip, len(data))
			s.skip -= n
			data = data[n:]
			continue
		}
		n := copy(s.head[s.have:s.want()], data)
		s.have += n
		data = data[n:]
		if s.have < s.want() {
			continue // of the data, or to the code of a reset
		}
		f := s.frame()
		s.skip, s.have = f.length-(s.have-frameHead), 0
		if !visit(f) {
			return false
		}
	}
	return true
}

// want is how many bytes of a frame are looked at, as far as that is known.
func (s *frames) want() int {
	if s.have >= frameHead && s.head[3] == frameReset && s.length() >= resetCode {
		return frameHead + resetCode
	}
	return frameHead
}

func (s *frames) length() int {
	return int(s.head[0])<<16 | int(s.head[1])<<8 | int(s.head[2])
}

func (s *frames) frame() frame {
	const reserved = 1 << 31
	f := frame{length: s.length(), kind: s.head[3], flags: s.head[4], stream: binary.BigEndian.Uint32(s.head[5:frameHead]) &^ reserved}
	if s.have > frameHead {
		f.code = binary.BigEndian.Uint32(s.head[frameHead:])
	}
	return f
}
