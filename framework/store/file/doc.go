// Package file is a store on disk that needs no server: one bbolt file per table.
//
// The layout and the records are those of v4's file plugin (docs/wire.md §12), so that either reads what the other wrote: the
// file is <directory>/<database>/<table>.db, the bucket "data", and a record is JSON. Start with [NewStore].
//
// Metadata goes through JSON: numbers come back as float64, structures as maps.
//
// A record is on the disk when Write returns: killing the process, or the machine, loses none that was acknowledged and
// leaves no half one. Writers that come together share one sync of the disk.
//
// What was deleted or has ended makes room for new records; the file itself does not shrink. A file that was cut short or
// overwritten gives [ErrDamaged], or an error that names the record.
//
// A table's file belongs to one store at a time: others wait a second for it, then get [ErrInUse]. It is opened by the first
// call that needs it, and closed by Close. The directory must be this user's: a store refuses to work where other users can put files.
package file
