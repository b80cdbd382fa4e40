package arch

// Exceptions lists the breaches that are right all the same, each with its reason. Subject is the file, or file:Name.
func Exceptions() []Exception {
	return nil
}
