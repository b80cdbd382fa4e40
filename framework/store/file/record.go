package file

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/microtop/microtop/framework/store"
)

// row is a record as the file has it (docs/wire.md §12). The zero ExpiresAt is never.
type row struct {
	Key       string
	Value     []byte
	Metadata  map[string]any
	ExpiresAt time.Time
}

// ending reads only when a row ends.
type ending struct{ ExpiresAt time.Time }

func (e ending) over(now time.Time) bool { return !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt) }

func encode(r *store.Record, deadline time.Time) ([]byte, error) {
	if len(r.Key) > bbolt.MaxKeySize {
		return nil, fmt.Errorf("%w: a key has at most %d bytes, this one has %d", store.ErrInvalid, bbolt.MaxKeySize, len(r.Key))
	}
	data, err := json.Marshal(row{Key: r.Key, Value: r.Value, Metadata: r.Metadata, ExpiresAt: deadline})
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", store.ErrInvalid, r.Key, err)
	}
	return data, nil
}

// decode reads the row of a key. The key of the bucket holds, whatever the row says.
func decode(key string, data []byte, now time.Time) (*store.Record, bool, error) {
	var r row
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, false, damaged(key, err)
	}
	if (ending{r.ExpiresAt}).over(now) {
		return nil, false, nil
	}
	record := &store.Record{Key: key, Value: r.Value, Metadata: r.Metadata}
	if !r.ExpiresAt.IsZero() {
		record.Expiry = r.ExpiresAt.Sub(now)
	}
	return record, true, nil
}

// over reports whether the row of a key has ended.
func over(key string, data []byte, now time.Time) (bool, error) {
	var e ending
	if err := json.Unmarshal(data, &e); err != nil {
		return false, damaged(key, err)
	}
	return e.over(now), nil
}

func damaged(key string, err error) error {
	return fmt.Errorf("record %q is damaged, write it anew or delete it: %w", key, err)
}
