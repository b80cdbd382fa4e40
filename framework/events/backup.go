package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/store"
)

// backupEvery is the time between two snapshots.
const backupEvery = time.Hour

// backUp hands out a snapshot once an hour until the store is closed.
func (m *memoryStore) backUp() {
	ticker := time.NewTicker(backupEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := m.snapshot(); err != nil {
				logger.Slog(m.opts.Logger).Error("event store not backed up", "error", err)
			}
		case <-m.done:
			return
		}
	}
}

// snapshot gives the backup a store of its own with all events of now: what it does with it holds up nobody.
func (m *memoryStore) snapshot() (err error) {
	copied := store.NewMemoryStore()
	defer func() { err = errors.Join(err, copied.Close()) }()
	for _, e := range m.all() {
		r, err := record(e.event)
		if err != nil {
			return err
		}
		if err := copied.Write(r, store.WriteExpiry(e.deadline)); err != nil {
			return fmt.Errorf("event %s of %s: %w", e.event.ID, e.event.Topic, err)
		}
	}
	return m.opts.Backup.Snapshot(copied)
}

func (m *memoryStore) all() []entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []entry
	now := time.Now()
	for _, s := range m.shelves {
		for e := range s.live(now) {
			all = append(all, e) // entries never change
		}
	}
	return all
}

// record is an event as a record: the key is "topic/ID", the value its JSON (docs/wire.md §12).
func record(e *Event) (*store.Record, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event %s of %s: %w", e.ID, e.Topic, err)
	}
	return &store.Record{Key: e.Topic + "/" + e.ID, Value: data}, nil
}
