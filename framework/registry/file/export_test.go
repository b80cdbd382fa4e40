package file

// PollOnly makes watchers live by the poll alone, as on file systems that notify nobody.
var PollOnly = pollOnly

// FileName is the name of a node's file.
var FileName = fileName
