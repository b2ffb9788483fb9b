// asc transform: marks every function of src/duals (but outlined.ts and elementary.ts) and src/finite/random `@inline`. The files are shared with tsc, which has no such decorator, and
// Binaryen alone leaves the larger polynomials as calls inside the hot loops.
import { Node, NodeKind } from 'assemblyscript';
import { Transform } from 'assemblyscript/transform';

const INLINED = ['src/duals/', 'src/finite/random/'];
const OUTLINED = ['src/duals/outlined.ts', 'src/duals/elementary.ts'];

export default class InlineDuals extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      if (!INLINED.some((folder) => source.normalizedPath.startsWith(folder)) || OUTLINED.includes(source.normalizedPath)) continue;
      for (const statement of source.statements) {
        if (statement.kind !== NodeKind.FunctionDeclaration) continue;
        const name = Node.createIdentifierExpression('inline', statement.range);
        statement.decorators = [...(statement.decorators ?? []), Node.createDecorator(name, null, statement.range)];
      }
    }
  }
}
