package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"
)

const (
	// maxDepth is how deep a token's JSON may nest: claims are one level and their lists and maps another.
	maxDepth = 8
	// maxDate is the last second of the year 9999, beyond which times have no JSON form.
	maxDate = 253402300799
)

// claims are what a token says, in the names of docs/wire.md §12. Empty ones are left out, but for those that v4 writes.
type claims struct {
	Type      string             `json:"type"`
	Scopes    []string           `json:"scopes"`
	Metadata  map[string]string  `json:"metadata"`
	Use       Use                `json:"token_use,omitempty"`
	Subject   string             `json:"sub,omitempty"`
	Issuer    string             `json:"iss,omitempty"`
	Audience  gojwt.ClaimStrings `json:"aud,omitempty"`
	Expiry    *date              `json:"exp,omitempty"`
	NotBefore *date              `json:"nbf,omitempty"`
}

var _ gojwt.Claims = (*claims)(nil)

// GetExpirationTime implements gojwt.Claims.
func (c *claims) GetExpirationTime() (*gojwt.NumericDate, error) { return c.Expiry.numeric(), nil }

// GetNotBefore implements gojwt.Claims.
func (c *claims) GetNotBefore() (*gojwt.NumericDate, error) { return c.NotBefore.numeric(), nil }

// GetIssuedAt implements gojwt.Claims. The claim is not looked at.
func (c *claims) GetIssuedAt() (*gojwt.NumericDate, error) { return nil, nil } //nolint:nilnil // the interface's way to say none

// GetIssuer implements gojwt.Claims.
func (c *claims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject implements gojwt.Claims.
func (c *claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience implements gojwt.Claims.
func (c *claims) GetAudience() (gojwt.ClaimStrings, error) { return c.Audience, nil }

// UnmarshalJSON refuses claims that two readers may take for different ones.
func (c *claims) UnmarshalJSON(data []byte) error {
	if err := unique(data, known...); err != nil {
		return err
	}
	type plain claims
	var read struct {
		plain

		Audience json.RawMessage `json:"aud"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	if read.Audience != nil {
		if err := json.Unmarshal(read.Audience, &read.plain.Audience); err != nil {
			return fmt.Errorf("claim aud: %w", err)
		}
		if len(read.plain.Audience) == 0 {
			read.plain.Audience = gojwt.ClaimStrings{""} // null and [] are for nobody, not for everybody
		}
	}
	*c = claims(read.plain)
	return nil
}

// known are the names of claims.
var known = []string{"type", "scopes", "metadata", "token_use", "sub", "iss", "aud", "exp", "nbf"}

// date is a time in seconds since 1970.
type date struct{ time.Time }

func (d *date) numeric() *gojwt.NumericDate {
	if d == nil {
		return nil
	}
	return &gojwt.NumericDate{Time: d.Time}
}

// MarshalJSON writes whole seconds, as v4 does.
func (d date) MarshalJSON() ([]byte, error) { return json.Marshal(d.Unix()) }

// UnmarshalJSON reads a number.
func (d *date) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > maxDate {
		return errors.New("a date out of range")
	}
	whole, part := math.Modf(seconds)
	d.Time = time.Unix(int64(whole), int64(part*1e9))
	return nil
}

// unique refuses JSON that names something twice, since two readers may then read two things (RFC 7519 §4), JSON that
// nests too deep, and, on the first level, other spellings of the names given: encoding/json takes "EXP" for "exp".
func unique(data []byte, names ...string) error {
	return uniqueValue(json.NewDecoder(bytes.NewReader(data)), maxDepth, names)
}

func uniqueValue(d *json.Decoder, depth int, names []string) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, _ := t.(json.Delim)
	if open != '{' && open != '[' {
		return nil
	}
	if depth == 0 {
		return errors.New("nested too deep")
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string) // the decoder lets nothing else stand here
			if seen[text] {
				return fmt.Errorf("%q is named twice", text)
			}
			if slices.ContainsFunc(names, func(n string) bool { return n != text && strings.EqualFold(n, text) }) {
				return fmt.Errorf("%q is another spelling of a name", text)
			}
			seen[text] = true
		}
		if err := uniqueValue(d, depth-1, nil); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
