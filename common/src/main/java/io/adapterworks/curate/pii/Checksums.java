package io.adapterworks.curate.pii;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;

/** Check digits of the numbers that carry them. */
final class Checksums {
  private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  private static final BigInteger FIFTY_EIGHT = BigInteger.valueOf(58);
  private static final BigInteger NINETY_SEVEN = BigInteger.valueOf(97);

  private Checksums() {}

  /** ISO/IEC 7812-1, annex B. */
  static boolean luhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      int doubled = i % 2 == 1 ? 2 * digit : digit;
      sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
  }

  /** ISO 7064 MOD 97-10 over an IBAN without blanks (ISO 13616-1). */
  static boolean iban(String iban) {
    String moved = iban.substring(4) + iban.substring(0, 4);
    StringBuilder number = new StringBuilder();
    for (int i = 0; i < moved.length(); i++) {
      number.append(Character.digit(moved.charAt(i), 36));
    }
    return new BigInteger(number.toString()).mod(NINETY_SEVEN).intValue() == 1;
  }

  /** Base58Check: the last four bytes are the first of a double SHA-256 of the others. */
  static boolean base58(String address) {
    BigInteger value = BigInteger.ZERO;
    for (int i = 0; i < address.length(); i++) {
      int digit = BASE58.indexOf(address.charAt(i));
      if (digit < 0) {
        return false;
      }
      value = value.multiply(FIFTY_EIGHT).add(BigInteger.valueOf(digit));
    }
    byte[] bytes = new byte[25];
    byte[] magnitude = value.toByteArray();
    int skip = magnitude[0] == 0 ? 1 : 0;
    int length = magnitude.length - skip;
    if (length > bytes.length) {
      return false;
    }
    System.arraycopy(magnitude, skip, bytes, bytes.length - length, length);
    byte[] check = sha256(sha256(Arrays.copyOf(bytes, 21)));
    return Arrays.equals(Arrays.copyOf(check, 4), Arrays.copyOfRange(bytes, 21, 25));
  }

  /** Spain's DNI and NIE: the letter is the number modulo 23. */
  static boolean dni(String id) {
    String plain = id.toUpperCase(Locale.ROOT).replaceAll("[ -]", "");
    int prefix = "XYZ".indexOf(plain.charAt(0));
    String number = prefix < 0 ? plain : prefix + plain.substring(1);
    int value = Integer.parseInt(number.substring(0, number.length() - 1));
    return "TRWAGMYFPDXBNJZSQVHLCKE".charAt(value % 23) == number.charAt(number.length() - 1);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
