package io.adapterworks.curate.pii;

/** Kinds of personal data, in the order in which they are looked for: the surer ones first. */
public enum PiiType {
  EMAIL,
  URL,
  IBAN,
  CARD,
  CRYPTO,
  SECRET,
  MAC,
  IP,
  NATIONAL_ID,
  DATE_OF_BIRTH,
  PHONE,
  ADDRESS,
  NAME
}
