package io.adapterworks.curate.source;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;

/**
 * Which files an ingest takes, and under which name.
 *
 * @param batch the name
 * @param date what {@code {date}} in a path stands for; every date where absent
 * @param still files modified after this moment may be growing and are left; none where absent
 */
public record Intake(String batch, Optional<LocalDate> date, Optional<Instant> still) {
  /** What {@code {date}} in a path is written as. */
  public static final String DATE = "{date}";

  /** Every file there is. */
  public static Intake everything(String batch) {
    return new Intake(batch, Optional.empty(), Optional.empty());
  }

  /**
   * The files of a night: those of its date where the path tells it, and of these the ones that
   * nobody has written to for {@code settle}.
   */
  public static Intake night(LocalDate date, Instant now, Duration settle) {
    return new Intake(date.toString(), Optional.of(date), Optional.of(now.minus(settle)));
  }

  String place(String path) {
    return path.replace(DATE, date.map(LocalDate::toString).orElse("*"));
  }

  boolean mayGrow(long modifiedMillis) {
    return still.isPresent() && modifiedMillis > still.get().toEpochMilli();
  }
}
