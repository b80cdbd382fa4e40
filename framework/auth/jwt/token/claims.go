package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// UnmarshalJSON reads claims by their exact names: encoding/json alone would take "EXP" for "exp".
func (c *claims) UnmarshalJSON(data []byte) error {
	if err := unique(data); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	var read claims
	for name, into := range map[string]any{
		"type": &read.Type, "scopes": &read.Scopes, "metadata": &read.Metadata, "token_use": &read.Use, "sub": &read.Subject,
		"iss": &read.Issuer, "aud": &read.Audience, "exp": &read.Expiry, "nbf": &read.NotBefore,
	} {
		if value, ok := all[name]; ok {
			if err := json.Unmarshal(value, into); err != nil {
				return fmt.Errorf("claim %s: %w", name, err)
			}
		}
	}
	if _, named := all["aud"]; named && len(read.Audience) == 0 {
		read.Audience = gojwt.ClaimStrings{""} // null and [] are for nobody, not for everybody
	}
	*c = read
	return nil
}

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

// unique refuses JSON that names something twice, since two readers may then read two things (RFC 7519 §4), and JSON
// that nests too deep.
func unique(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	return uniqueValue(d, maxDepth)
}

func uniqueValue(d *json.Decoder, depth int) error {
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
			seen[text] = true
		}
		if err := uniqueValue(d, depth-1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
