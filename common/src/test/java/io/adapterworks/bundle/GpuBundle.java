package io.adapterworks.bundle;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.MethodFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * The entry point of {@code bundle/run} on a machine that has a card and its driver and nothing
 * else: runs test classes by name and prints each test as it ends, then what failed. So a run that
 * a sanitizer slows down until its time is up still says how far it came.
 */
final class GpuBundle {
  private static final int SHOWN_FAILURES = 40;

  private GpuBundle() {}

  /**
   * {@code CLASS... [PATTERN...]}: of the classes, all tests, or those whose method matches one of
   * the patterns, regular expressions that begin with {@code .*}. Ends with 1 when a test fails.
   */
  public static void main(String[] arguments) {
    List<DiscoverySelector> classes =
        Arrays.stream(arguments)
            .filter(name -> !name.startsWith(".*"))
            .map(name -> (DiscoverySelector) selectClass(name))
            .toList();
    String[] patterns =
        Arrays.stream(arguments).filter(name -> name.startsWith(".*")).toArray(String[]::new);
    LauncherDiscoveryRequestBuilder builder =
        LauncherDiscoveryRequestBuilder.request().selectors(classes);
    if (patterns.length > 0) {
      builder.filters(MethodFilter.includeMethodNamePatterns(patterns));
    }
    LauncherDiscoveryRequest request = builder.build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    Launcher launcher = LauncherFactory.create();
    launcher.execute(request, listener, new Progress(out));
    listener.getSummary().getFailures().stream()
        .limit(SHOWN_FAILURES)
        .forEach(
            failure ->
                out.println(
                    "FAILED "
                        + failure.getTestIdentifier().getLegacyReportingName()
                        + ": "
                        + failure.getException()));
    listener.getSummary().printTo(out);
    System.exit(listener.getSummary().getTotalFailureCount() == 0 ? 0 : 1);
  }

  /** Prints a line for each test that ends. */
  private static final class Progress implements TestExecutionListener {
    private final PrintWriter out;
    private final long start = System.nanoTime();

    Progress(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest()) {
        double seconds = (System.nanoTime() - start) / 1e9;
        out.printf(
            Locale.ROOT,
            "%6.1f s  %s %s%n",
            seconds,
            test.getLegacyReportingName(),
            result.getStatus().name().toLowerCase(Locale.ROOT));
      }
    }
  }
}
