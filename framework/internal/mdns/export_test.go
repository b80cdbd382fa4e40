package mdns

// Read reads a datagram of the mDNS port as Peer does.
func Read(b []byte) ([]Heard, error) {
	asks, err := checkHeader(b)
	if err != nil {
		return nil, err
	}
	if asks {
		_, _, err = firstQuestion(b)
		return nil, err
	}
	return entries(b)
}
