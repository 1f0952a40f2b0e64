package io.adapterworks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.DatasetRejectTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.curate.schema.LabelDecisionTable;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.curate.schema.RejectTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.jshell.JShell;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.spi.ExecutionControl;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The analysts' notebooks compile against this code, and their SQL against its tables. {@code
 * scripts/notebooks} runs them.
 */
class NotebooksTest {
  private static final Pattern SQL =
      Pattern.compile("\"\"\"\\s*(SELECT.*?)\"\"\"|\"(SELECT[^\"]*)\"\\)", Pattern.DOTALL);

  private static List<String> cells(String notebook) throws IOException {
    Path file = Path.of(System.getProperty("adapterworks.root"), "notebooks", notebook + ".ipynb");
    List<String> cells = new ArrayList<>();
    for (JsonNode cell : new ObjectMapper().readTree(file.toFile()).get("cells")) {
      if (cell.get("cell_type").asText().equals("code")) {
        StringBuilder source = new StringBuilder();
        cell.get("source").forEach(line -> source.append(line.asText()));
        cells.add(source.toString());
        assertEquals(0, cell.get("outputs").size(), "an output was left in " + source);
      }
    }
    return cells;
  }

  @ParameterizedTest
  @ValueSource(strings = {"explore", "compare"})
  void everyCellCompiles(String notebook) throws IOException {
    try (JShell shell = compiler()) {
      // What the kernel puts into scope.
      assertEquals(
          List.of(), faults(shell, "String display(String type, Object value) {return \"\";}"));
      List<String> cells = cells(notebook);
      assertTrue(cells.size() > 5, "cells of " + notebook);
      for (String cell : cells) {
        assertEquals(List.of(), faults(shell, cell), cell);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"explore", "compare"})
  void everyQueryFitsTheTables(String notebook) throws IOException {
    SparkSession spark = TestSpark.session().newSession();
    Stream.of(
            BronzeTable.SPEC,
            CuratedTable.SPEC,
            RejectTable.SPEC,
            DatasetTable.SPEC,
            DatasetRejectTable.SPEC,
            LabelReviewTable.SPEC,
            LabelDecisionTable.SPEC)
        .forEach(
            table ->
                spark
                    .createDataFrame(List.<Row>of(), table.schema())
                    .createOrReplaceTempView(table.name()));
    spark.table(DatasetTable.SPEC.name()).createOrReplaceTempView("before");
    spark.table(DatasetTable.SPEC.name()).createOrReplaceTempView("after");
    List<String> queries =
        cells(notebook).stream()
            .flatMap(cell -> SQL.matcher(cell).results())
            .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
            .toList();
    assertTrue(queries.size() > 5, "queries of " + notebook);
    // Fails in analysis where a table or column is not there.
    queries.forEach(query -> assertTrue(spark.sql(query).columns().length > 1, query));
  }

  private static List<String> faults(JShell shell, String cell) {
    List<String> faults = new ArrayList<>();
    String rest = cell;
    while (!rest.isBlank()) {
      CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      if (!next.completeness().isComplete()) {
        faults.add("incomplete: " + rest);
        return faults;
      }
      shell.eval(next.source()).stream()
          .flatMap(event -> shell.diagnostics(event.snippet()))
          .forEach(fault -> faults.add(fault.getMessage(Locale.ROOT)));
      rest = next.remaining();
    }
    return faults;
  }

  /** A JShell that compiles snippets and runs none. */
  private static JShell compiler() {
    JShell shell =
        JShell.builder().executionEngine(new CompilesOnly.Provider(), java.util.Map.of()).build();
    shell.addToClasspath(System.getProperty("java.class.path"));
    return shell;
  }

  private static final class CompilesOnly implements ExecutionControl {
    private static final class Provider implements jdk.jshell.spi.ExecutionControlProvider {
      @Override
      public String name() {
        return "compiles only";
      }

      @Override
      public ExecutionControl generate(
          jdk.jshell.spi.ExecutionEnv environment, java.util.Map<String, String> parameters) {
        return new CompilesOnly();
      }
    }

    @Override
    public void load(ClassBytecodes[] classes) {}

    @Override
    public void redefine(ClassBytecodes[] classes) {}

    @Override
    public String invoke(String className, String methodName) {
      return "";
    }

    @Override
    public String varValue(String className, String name) {
      return "";
    }

    @Override
    public void addToClasspath(String path) {}

    @Override
    public void stop() {}

    @Override
    public Object extensionCommand(String command, Object argument) {
      return "";
    }

    @Override
    public void close() {}
  }
}
