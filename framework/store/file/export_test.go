package file

// Encode and Decode are what is between a record and the bytes of the file.
var (
	Encode = encode
	Decode = decode
)
