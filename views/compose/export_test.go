package compose

// Place is place, for tests.
var Place = place
