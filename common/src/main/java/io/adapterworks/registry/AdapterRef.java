package io.adapterworks.registry;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.regex.Pattern;

/** What a person writes to mean one adapter: {@code NAME@VERSION} or {@code NAME@ALIAS}. */
public record AdapterRef(String name, Selector selector) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  /** Which version of the adapter is meant. */
  public sealed interface Selector {}

  /** The version of that number, from 1. */
  public record Version(int number) implements Selector {}

  /** The version that the alias points at when it is looked up. */
  public record Alias(String alias) implements Selector {}

  /** NAME@VERSION. */
  public static AdapterRef of(String name, int version) {
    return new AdapterRef(name, new Version(version));
  }

  /**
   * Reads a reference as written.
   *
   * @throws io.adapterworks.error.AdapterworksException USAGE if it is none
   */
  public static AdapterRef parse(String written) {
    int at = written.indexOf('@');
    Check.that(
        at > 0 && at < written.length() - 1,
        ErrorCode.USAGE,
        "'%s' names no adapter version; expected NAME@VERSION or NAME@ALIAS, for example"
            + " support-intents@3 or support-intents@champion",
        written);
    String name = AdapterNames.require("adapter name", written.substring(0, at), ErrorCode.USAGE);
    String selector = written.substring(at + 1);
    if (NUMBER.matcher(selector).matches()) {
      int number = Integer.parseInt(selector);
      Check.that(
          number >= 1, ErrorCode.USAGE, "'%s': versions count from 1; expected 1 or more", written);
      return of(name, number);
    }
    return new AdapterRef(
        name, new Alias(AdapterNames.require("alias", selector, ErrorCode.USAGE)));
  }

  /** As a person writes it. */
  @Override
  public String toString() {
    String suffix =
        selector instanceof Version version
            ? String.valueOf(version.number())
            : ((Alias) selector).alias();
    return name + "@" + suffix;
  }
}
