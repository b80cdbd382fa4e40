package broker

// PublisherStats counts what became of what a broker published, once for each subscriber that a message was for:
// published = Sent + Refused + Lost + Dropped + Pending.
type PublisherStats struct {
	// Sent messages were taken by the subscriber.
	Sent uint64
	// Refused messages were answered with an error: the subscriber dropped them, for want of room or because it cannot
	// read them.
	Refused uint64
	// Lost messages were written, but not answered: they may have arrived.
	Lost uint64
	// Dropped messages were never written: the subscriber could not be reached, was set aside, or had no room left in its
	// queue here.
	Dropped uint64
	// Pending messages wait to be posted, or are being.
	Pending uint64
}

// PublisherStatsReader is implemented by brokers that count, such as the http broker. The counts are consistent with each
// other.
type PublisherStatsReader interface {
	// PublisherStats returns the counts since the last Connect; they stay after Disconnect.
	PublisherStats() PublisherStats
}
