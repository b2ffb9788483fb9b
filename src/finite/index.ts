/** Networks of finite width: parameters and outputs. */
import '../whole';

export * from './main';
