package io.adapterworks.table;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.file.AccessDeniedException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.security.AccessControlException;

/** Turns what Spark, Delta and Hadoop throw on storage trouble into a message with its cure. */
public final class StorageFailures {
  /** What Delta throws in the job that commits second. */
  private static final Pattern ANOTHER_JOB =
      Pattern.compile("io\\.delta\\.exceptions\\.(Concurrent|MetadataChanged|ProtocolChanged).*");

  private StorageFailures() {}

  /**
   * What a failure of any kind says to a person, if it is a message of ours or storage trouble with
   * a known cure.
   */
  public static Optional<AdapterworksException> recognise(String attempt, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AdapterworksException known) {
        return Optional.of(known);
      }
      String cure = cure(cause, "the tables keep their last versions and nothing is lost");
      if (cure != null) {
        return Optional.of(because(attempt, cure, failure));
      }
    }
    return Optional.empty();
  }

  /** The failure of a table to throw instead of {@code failure}, which becomes its cause. */
  static AdapterworksException explain(String attempt, Throwable failure) {
    return explain(attempt, "the table keeps its last version and nothing is lost", failure);
  }

  /**
   * The failure to throw instead of {@code failure}, which becomes its cause; STORAGE, or what a
   * cause already says.
   *
   * @param attempt what could not be done, as in "could not …"
   * @param kept what a full disk leaves as it was
   */
  public static AdapterworksException explain(String attempt, String kept, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AdapterworksException known) {
        return known;
      }
      String cure = cure(cause, kept);
      if (cure != null) {
        return because(attempt, cure, failure);
      }
    }
    return because(attempt, lastMessage(failure), failure);
  }

  private static AdapterworksException because(String attempt, String why, Throwable failure) {
    AdapterworksException explained =
        Check.failure(ErrorCode.STORAGE, "could not %s: %s", attempt, why);
    explained.initCause(failure);
    return explained;
  }

  private static String cure(Throwable cause, String kept) {
    String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (message.contains("no space left on device") || message.contains("disk quota exceeded")) {
      return "the disk is full; "
          + kept
          + "; free some space, or set warehouse to a larger disk, and run the job again";
    }
    if (cause instanceof AccessDeniedException
        || cause instanceof AccessControlException
        || message.contains("permission denied")) {
      return "permission denied; give this user write access to the warehouse, or set warehouse to"
          + " a folder it may write";
    }
    if (ANOTHER_JOB.matcher(cause.getClass().getName()).matches()
        || message.contains("[delta_path_exists]")) {
      return "another job changed the table at the same time; run this job again";
    }
    return null;
  }

  /** The first line of what the innermost fault that says anything says. */
  public static String lastMessage(Throwable failure) {
    String message = failure.toString();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null) {
        message = cause.getMessage();
      }
    }
    return message.lines().findFirst().orElse(message);
  }
}
